// Where each partition ends: the offset that its next report gets. Kept in a table of its own, so
// that it never falls back when the log is trimmed empty.

import type { DatabaseSync } from "node:sqlite";

export interface Head {
  end: number;
  isChanged: boolean;
}

/** The ends inside the writer's transactions. */
export interface Heads {
  at(partition: number): Head;
  /** Reads all again: somebody else wrote, or the last transaction failed. */
  reload(): void;
  /** Writes the changed ones. */
  save(): void;
}

export function createHeads(database: DatabaseSync, partitions: number): Heads {
  const all = database.prepare('SELECT "end" FROM heads ORDER BY partition');
  const update = database.prepare('UPDATE heads SET "end" = ? WHERE partition = ?');
  let heads: Head[] = [];
  return {
    at(partition) {
      const head = heads[partition];
      if (head === undefined) {
        throw new RangeError(`stream: partition ${partition}; the last is ${partitions}`);
      }
      return head;
    },
    reload() {
      heads = all.all().map((row) => ({ end: Number(row["end"]), isChanged: false }));
    },
    save() {
      for (const [partition, head] of heads.entries()) {
        if (!head.isChanged) continue;
        update.run(head.end, partition);
        head.isChanged = false;
      }
    },
  };
}
