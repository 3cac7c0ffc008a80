import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Somebody else holds the lock. */
export class LockedError extends Error {
  override name = "LockedError";
  readonly path: string;

  constructor(path: string, cause: unknown) {
    super(`lock ${path}: another process holds it`, { cause });
    this.path = path;
  }
}

const SQLITE_BUSY = 5;

/**
 * Takes a folder for this process alone, until it releases the lock or dies.
 *
 * The lock is SQLite's on its own file, which the kernel gives back however its holder dies: no
 * stale file to clear, no process number to trust.
 *
 * @throws LockedError when another process has it.
 */
export function takeLock(path: string): Disposable {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) {
      throw new LockedError(path, error);
    }
    throw error;
  }
  return { [Symbol.dispose]: () => database.close() };
}
