// One address, two adapters: `sqlite:<path>` for the processes of one machine, `redis://…` for more.

import type { StreamLog } from "./log.ts";
import { openRedisStream } from "./redis.ts";
import { openSqliteStream } from "./sqlite.ts";
import { StreamConfigError } from "./stream-options.ts";
import type { StreamDeps, StreamOptions } from "./stream-options.ts";

export interface StreamConfig extends StreamOptions {
  /** `sqlite:<path>`, or `redis://` or `rediss://user:password@host:port/database?prefix=name`. */
  readonly url: string;
}

/**
 * Opens the log that `url` names, making it when it is not there.
 *
 * @throws StreamConfigError, StreamCorruptError
 */
export async function openStream(config: StreamConfig, deps: StreamDeps): Promise<StreamLog> {
  const { url, ...options } = config;
  if (url.startsWith("sqlite:")) {
    const path = url.slice("sqlite:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "" || path === ":memory:") {
      throw new StreamConfigError("stream: sqlite: needs the path of a file, as sqlite:<path>");
    }
    return openSqliteStream(path, options, deps);
  }
  if (/^rediss?:\/\//.test(url)) return openRedisStream(url, options, deps);
  const scheme = url.slice(0, Math.max(0, url.indexOf(":"))).slice(0, 20);
  throw new StreamConfigError(
    `stream: "${scheme}:" is no stream; expected sqlite:<path> or redis://…`,
  );
}
