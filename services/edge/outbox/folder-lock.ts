import { DatabaseSync } from "node:sqlite";

/** Another process, or another part of this one, has the folder. */
export class FolderInUseError extends Error {
  override name = "FolderInUseError";
  constructor(directory: string, options?: ErrorOptions) {
    super(`outbox ${directory} is in use by another process`, options);
  }
}

const SQLITE_BUSY = 5;

/**
 * Keeps a folder for this process until it is disposed of or the process ends, however it ends.
 *
 * The lock is SQLite's on an empty database: a lock of the kernel, unlike a file with a process
 * number in it, needs nobody to clear it after a crash and is right across containers.
 *
 * @throws FolderInUseError at once when somebody else has it.
 */
export function lockFolder(directory: string): Disposable {
  const database = new DatabaseSync(`${directory}/lock`, { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    const isBusy = error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
    if (!isBusy) throw error;
    throw new FolderInUseError(directory, { cause: error });
  }
  return { [Symbol.dispose]: () => database.close() };
}
