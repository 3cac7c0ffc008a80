// How far an import came. A file that keeps its recorded times is told once, also when the process
// is killed in the middle or started again afterwards.

import { hash } from "node:crypto";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "@drover/core/service/log";
import { z } from "zod";

const State = z.strictObject({ key: z.string(), done: z.int().min(0) });

export interface Progress {
  /** Reports of this file, in the order of the replay, that the outbox has taken. */
  load(): Promise<number>;
  /** Remembers it for the next run, and where the disk allows for the next process. */
  save(done: number): Promise<void>;
}

/** `options` are those that decide which reports come in which order. */
export function createProgress(config: {
  readonly stateDir: string;
  readonly name: string;
  readonly file: string;
  readonly options: unknown;
  readonly log: Log;
}): Progress {
  const path = join(config.stateDir, `replay-${config.name.replaceAll(/[^a-z0-9._-]/g, "_")}.json`);
  let key = "";
  let kept = 0;

  return {
    async load() {
      try {
        const { size, mtimeMs } = await stat(config.file);
        key = hash("sha256", JSON.stringify([config.file, size, mtimeMs, config.options]));
        const state = State.parse(JSON.parse(await readFile(path, "utf8")));
        return Math.max(kept, state.key === key ? state.done : 0);
      } catch {
        // No file to play is for the replay to say; no or a damaged state is a beginning.
        return kept;
      }
    },
    async save(done) {
      kept = done;
      try {
        await writeFile(`${path}.tmp`, JSON.stringify({ key, done }));
        await rename(`${path}.tmp`, path);
      } catch (error) {
        config.log.warn({ err: error, path }, "replay: how far it came cannot be kept");
      }
    },
  };
}

/** For a replay that begins again each time: remembers only within this process. */
export function createForgetfulProgress(): Progress {
  let kept = 0;
  return {
    load: async () => kept,
    async save(done) {
      kept = done;
    },
  };
}
