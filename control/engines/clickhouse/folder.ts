import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isAlive } from "@drover/core/service/run";
import type { Seat } from "./seat.ts";

/** The data folder cannot be used; the message says by whom it is held or what failed. */
export class FolderError extends Error {
  override name = "FolderError";
}

/** The engine locks its folder by itself, but tells only standard error why it will not open. */
export async function probeFolder(folder: string, open: () => Seat): Promise<void> {
  // Read before: the engine writes its own number there when it opens.
  const holder = await readHolder(folder);
  try {
    open().session.close();
  } catch (cause) {
    const reason =
      holder !== undefined && isAlive(holder)
        ? `another process (${holder}) has it; one folder serves one process`
        : "the engine cannot read it; its own message stands above";
    throw new FolderError(`cannot open ${folder}: ${reason}`, { cause });
  }
}

async function readHolder(folder: string): Promise<number | undefined> {
  const status = await readFile(join(folder, "status"), "utf8").catch(() => "");
  const pid = /^PID: (\d+)/m.exec(status)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
