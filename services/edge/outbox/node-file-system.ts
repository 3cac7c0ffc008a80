import { open, mkdir, readdir, rename, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { codeOf, type FileSystem, type OpenFile, type OpenMode } from "./file-system.ts";

const flags = { read: "r", write: "r+", create: "w+" } as const satisfies Record<OpenMode, string>;

/** Directories cannot be opened for syncing everywhere; there the file system journals names itself. */
const unsyncable: ReadonlySet<string> = new Set(["EISDIR", "EPERM", "EINVAL", "ENOTSUP", "EBADF"]);

/** The file system of this machine. */
export const nodeFileSystem: FileSystem = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  list: (path) => readdir(path),
  open: async (path, mode) => toOpenFile(await open(path, flags[mode], 0o600)),
  rename: (from, to) => rename(from, to),
  remove: (path) => unlink(path),
  async syncDirectory(path) {
    let directory: FileHandle | undefined;
    try {
      directory = await open(path, "r");
      await directory.sync();
    } catch (error) {
      if (process.platform !== "win32" || !unsyncable.has(codeOf(error))) throw error;
    } finally {
      await directory?.close();
    }
  },
};

function toOpenFile(handle: FileHandle): OpenFile {
  return {
    sizeBytes: async () => (await handle.stat()).size,
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    write: async (bytes, position) =>
      (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
    truncate: (sizeBytes) => handle.truncate(sizeBytes),
    // fdatasync writes the size too, when the bytes could not be found again without it.
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}
