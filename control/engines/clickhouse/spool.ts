import { constants, fstatSync, ftruncateSync, writevSync } from "node:fs";
import { access, mkdir, open, readdir, rm, statfs } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ClickHouseError } from "./errors.ts";

/**
 * Bodies of INSERTs, as files: data never become part of a statement, because the engine would run
 * what follows a blank line in them.
 *
 * Files are used again, which more than halves what a body costs in a memory file system: there,
 * getting and giving back pages takes longer than copying into them.
 */
export interface Spool extends AsyncDisposable {
  readonly folder: string;
  /** Writes a body down as it arrives. The file is free again when the answer is disposed of. */
  write(head: Buffer, rest: AsyncIterable<Buffer> | undefined): Promise<SpooledBody>;
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

type Slot = { readonly path: string; readonly file: FileHandle; fileBytes: number };

/** Chunks wait until so much is here, so that a body costs few writes. */
const WRITE_BYTES = 256 * 1024;
/** Files that wait for a body, and how long each may stay; further and longer ones are deleted. */
const FREE_SLOTS_MAX = 4;
const FREE_BYTES_MAX = 8 * 1024 * 1024;

/** Finds a folder with room and deletes what an earlier process on the same data left there. */
export async function openSpool(config: SpoolConfig): Promise<Spool> {
  const { folder, isMemory } = await chooseFolder(config);
  await clear(folder);
  const free: Slot[] = [];
  let held = 0;
  let next = 0;

  async function takeSlot(): Promise<Slot> {
    for (let slot = free.pop(); slot; slot = free.pop()) {
      if (fstatSync(slot.file.fd).nlink > 0) return slot;
      // Somebody cleaned up: memory file systems are emptied when a user logs out, for one.
      await slot.file.close();
    }
    // Taken before anything is awaited: two bodies that come together have two files.
    next += 1;
    const path = join(folder, `${next}.body`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return { path, file: await open(path, "wx+", 0o600), fileBytes: 0 };
  }

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
      const slot = await takeSlot();
      let sizeBytes = 0;
      const dispose = async () => {
        held -= sizeBytes;
        // A body that broke off may have written more than was noted.
        slot.fileBytes = Math.max(slot.fileBytes, sizeBytes);
        if (free.length < FREE_SLOTS_MAX && sizeBytes <= FREE_BYTES_MAX) free.push(slot);
        else await dropSlot(slot);
      };
      try {
        let chunks: Buffer[] = [];
        let waiting = 0;
        for await (const chunk of joined(head, rest)) {
          sizeBytes = grow(sizeBytes, chunk.length);
          chunks.push(chunk);
          waiting += chunk.length;
          if (waiting < WRITE_BYTES) continue;
          await writeAt(slot.file, chunks, sizeBytes - waiting, isMemory);
          [chunks, waiting] = [[], 0];
        }
        await writeAt(slot.file, chunks, sizeBytes - waiting, isMemory);
        if (sizeBytes < slot.fileBytes) ftruncateSync(slot.file.fd, sizeBytes);
        slot.fileBytes = sizeBytes;
      } catch (error) {
        await dispose();
        throw error;
      }
      return { path: slot.path, sizeBytes, [Symbol.asyncDispose]: dispose };
    },
    async [Symbol.asyncDispose]() {
      for (const slot of free.splice(0)) await dropSlot(slot);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function dropSlot(slot: Slot): Promise<void> {
  await slot.file.close();
  await rm(slot.path, { force: true });
}

async function* joined(head: Buffer, rest: AsyncIterable<Buffer> | undefined) {
  if (head.length > 0) yield head;
  if (rest) yield* rest;
}

/** Copying into memory is quicker than handing it to another thread; a disk may keep one waiting. */
async function writeAt(
  file: FileHandle,
  chunks: Buffer[],
  position: number,
  isMemory: boolean,
): Promise<void> {
  const wanted = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (wanted === 0) return;
  const written = isMemory
    ? writevSync(file.fd, chunks, position)
    : (await file.writev(chunks, position)).bytesWritten;
  if (written === wanted) return;
  // A short write: room is nearly gone. Writing on tells whether it is.
  await writeAt(file, [Buffer.concat(chunks).subarray(written)], position + written, isMemory);
}

async function clear(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.endsWith(".body")) await rm(join(folder, name), { force: true });
  }
}

const MEMORY_FOLDER = "/dev/shm/";

async function chooseFolder(config: SpoolConfig): Promise<{ folder: string; isMemory: boolean }> {
  let reason: unknown;
  for (const folder of config.folders) {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await access(folder, constants.W_OK);
      const { bavail, bsize } = await statfs(folder);
      const isLast = folder === config.folders.at(-1);
      const hasRoom = bavail * bsize >= 2 * config.heldBytesMax;
      if (hasRoom || isLast) return { folder, isMemory: folder.startsWith(MEMORY_FOLDER) };
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      reason = error;
    }
  }
  throw new Error(`spool: none of ${config.folders.join(", ")} can be written`, { cause: reason });
}
