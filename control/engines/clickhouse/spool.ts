import { constants } from "node:fs";
import { access, mkdir, open, readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { ClickHouseError } from "./errors.ts";

/**
 * Bodies of INSERTs, as files: data never become part of a statement, because the engine would run
 * what follows a blank line in them.
 */
export interface Spool {
  readonly folder: string;
  /** Writes a body down as it arrives. The file is gone when the answer is disposed of. */
  write(head: Buffer, rest: Readable | undefined): Promise<SpooledBody>;
  bytesHeld(): number;
}

export interface SpooledBody extends AsyncDisposable {
  readonly path: string;
  readonly sizeBytes: number;
}

export type SpoolConfig = {
  /** Tried in order; the first one that can be written and has room is taken. */
  readonly folders: readonly string[];
  /** One body; larger ones are rejected. */
  readonly bodyBytesMax: number;
  /** All bodies at one time; further ones are rejected. */
  readonly heldBytesMax: number;
};

/** Chunks wait until so much is here, so that a body costs few writes. */
const WRITE_BYTES = 512 * 1024;

/** Finds a folder with room and deletes what an earlier process of the same name left there. */
export async function openSpool(config: SpoolConfig): Promise<Spool> {
  const folder = await chooseFolder(config);
  for (const name of await readdir(folder)) await rm(join(folder, name), { force: true });
  let held = 0;
  let next = 0;

  function grow(sizeBytes: number, byBytes: number): number {
    const size = sizeBytes + byBytes;
    if (size > config.bodyBytesMax) {
      const limit = `a body may have ${config.bodyBytesMax} bytes`;
      throw new ClickHouseError("TOO_LARGE_REQUEST", `Request is too large: ${limit}`);
    }
    if (held + byBytes > config.heldBytesMax) {
      const limit = `bodies may hold ${config.heldBytesMax} bytes together`;
      throw new ClickHouseError("TOO_MANY_SIMULTANEOUS_QUERIES", `Too many inserts: ${limit}`);
    }
    held += byBytes;
    return size;
  }

  return {
    folder,
    bytesHeld: () => held,
    async write(head, rest) {
      next += 1;
      const path = join(folder, `${next}.body`);
      let sizeBytes = 0;
      const dispose = async () => {
        held -= sizeBytes;
        sizeBytes = 0;
        await rm(path, { force: true });
      };
      const file = await open(path, "wx", 0o600);
      try {
        let chunks: Buffer[] = head.length > 0 ? [head] : [];
        let waiting = head.length;
        sizeBytes = grow(sizeBytes, head.length);
        for await (const chunk of rest ?? []) {
          sizeBytes = grow(sizeBytes, chunk.length);
          chunks.push(chunk);
          waiting += chunk.length;
          if (waiting < WRITE_BYTES) continue;
          await writeAll(file, chunks);
          [chunks, waiting] = [[], 0];
        }
        await writeAll(file, chunks);
      } catch (error) {
        await dispose();
        throw error;
      } finally {
        await file.close();
      }
      const body = { path, sizeBytes };
      return { ...body, [Symbol.asyncDispose]: dispose };
    },
  };
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunks: Buffer[]): Promise<void> {
  const wanted = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (wanted === 0) return;
  const { bytesWritten } = await file.writev(chunks);
  if (bytesWritten === wanted) return;
  // A short write: the disk is nearly full, or a signal came. The slow way tells which.
  await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}

async function chooseFolder(config: SpoolConfig): Promise<string> {
  for (const folder of config.folders) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await access(folder, constants.W_OK);
      const { bavail, bsize } = await statfs(folder);
      if (bavail * bsize >= 2 * config.heldBytesMax) return folder;
    } catch {
      // Not this one; the last one answers for all.
    }
  }
  const last = config.folders.at(-1);
  if (last === undefined) throw new Error("spool: no folder is configured");
  await mkdir(last, { recursive: true, mode: 0o700 });
  return last;
}
