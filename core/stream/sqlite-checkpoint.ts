// Brings what the write-ahead log holds into the database file, between commits and after their
// callers were answered. Once all of it is there, the next commit starts the write-ahead log from its
// beginning; so it has to come to an end now and then, however many processes write.

import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

export interface Checkpointer {
  /** Counts what was written; runs a pass when enough was. */
  wrote(sizeBytes: number): void;
  /** Size of the write-ahead log's file. */
  walBytes(): number;
}

export interface CheckpointerConfig {
  readonly path: string;
  /** A pass each time this process has written so much. */
  readonly eachBytes: number;
  /** A write-ahead log that did not come to its end by itself is brought to it from here on. */
  readonly walBytesMax: number;
}

/** A small commit rewrites about as many pages as there are partitions. */
const COMMIT_OVERHEAD_BYTES = 65_536;
/** How long an end waits for other writers, checkpoints and readers. It holds up this process. */
const END_WAIT_MS = 250;

/** `database` is a connection on which no transaction is open between two turns of the event loop. */
export function createCheckpointer(
  config: CheckpointerConfig,
  database: DatabaseSync,
): Checkpointer {
  const passive = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  const restart = database.prepare("PRAGMA wal_checkpoint(RESTART)");
  const busyMs = Number(database.prepare("PRAGMA busy_timeout").get()?.["timeout"]);
  const pageBytes = Number(database.prepare("PRAGMA page_size").get()?.["page_size"]);
  const walPath = `${config.path}-wal`;
  let pendingBytes = 0;

  const walBytes = () => statSync(walPath, { throwIfNoEntry: false })?.size ?? 0;

  /** Waits for the write lock and keeps others from it for the little that a pass has left. */
  function end(): void {
    database.exec(`PRAGMA busy_timeout = ${END_WAIT_MS}`);
    try {
      // When others do not give way in time, the next pass tries again.
      restart.get();
    } finally {
      database.exec(`PRAGMA busy_timeout = ${busyMs}`);
    }
  }

  return {
    walBytes,
    wrote(sizeBytes) {
      pendingBytes += sizeBytes + COMMIT_OVERHEAD_BYTES;
      if (pendingBytes < config.eachBytes) return;
      pendingBytes = 0;
      // -1 when another process has a pass under way; it will see to it.
      const frames = Number(passive.get()?.["log"]);
      // A write-ahead log as long as this was not begun anew after any pass: others wrote meanwhile.
      if (frames * pageBytes > config.walBytesMax) end();
    },
  };
}
