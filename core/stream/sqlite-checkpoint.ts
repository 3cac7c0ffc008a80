// Brings what the write-ahead log holds into the database file, between commits and after their
// callers were answered. A pass that no reader and no other writer disturbs lets the next commit
// start the write-ahead log from its beginning, so that its file stays small.

import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

export interface Checkpointer {
  /** Counts what was written; runs a pass when enough was. */
  wrote(sizeBytes: number): void;
  /** Size of the write-ahead log's file. */
  walBytes(): number;
}

export function createCheckpointer(
  config: { readonly path: string; readonly eachBytes: number },
  database: DatabaseSync,
): Checkpointer {
  const passive = database.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  const restart = database.prepare("PRAGMA wal_checkpoint(RESTART)");
  const walPath = `${config.path}-wal`;
  let pendingBytes = 0;

  const walBytes = () => statSync(walPath, { throwIfNoEntry: false })?.size ?? 0;

  return {
    walBytes,
    wrote(sizeBytes) {
      // A small commit rewrites about as many pages as there are partitions.
      pendingBytes += sizeBytes + 65_536;
      if (pendingBytes < config.eachBytes) return;
      pendingBytes = 0;
      const answer = passive.get();
      const isWhole = answer?.["log"] === answer?.["checkpointed"];
      // Others wrote meanwhile, each time: hold them up for the little that is left.
      if (!isWhole && walBytes() > 4 * config.eachBytes) restart.get();
    },
  };
}
