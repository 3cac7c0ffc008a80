// Interval sets of (edge, epoch), kept parsed between commits. A row's version says whether what is
// kept still holds after another process wrote.

import type { DatabaseSync } from "node:sqlite";
import { IntervalSet } from "./interval-set.ts";
import { EpochForgottenError } from "./log.ts";
import type { ProducerStatus } from "./log.ts";

export interface Producer {
  readonly edge: string;
  readonly epoch: number;
  seen: IntervalSet;
  version: number;
  isChanged: boolean;
}

/** The producers inside the writer's transactions. */
export interface Producers {
  /** @throws EpochForgottenError */
  find(edge: string, epoch: number): Producer;
  /** Another process wrote: what is kept is compared with the file when it is next asked for. */
  doubt(): void;
  /** The transaction failed: nothing kept can be trusted. */
  forget(): void;
  /** Writes the changed ones. */
  save(now: number): void;
  list(limit: number): readonly ProducerStatus[];
}

export interface ProducersConfig {
  /** Epochs of one edge that are remembered; the oldest is dropped for a new one. */
  readonly epochsMax: number;
  /** Parsed sets kept between commits; drop-oldest. */
  readonly keptMax: number;
}

interface Kept extends Producer {
  isDoubted: boolean;
}

export function createProducers(config: ProducersConfig, database: DatabaseSync): Producers {
  const sql = prepare(database);
  const kept = new Map<string, Kept>();
  let changed: Kept[] = [];

  function load(edge: string, epoch: number): Kept {
    const row = sql.find.get(edge, epoch);
    if (row === undefined) {
      makeRoom(edge, epoch);
      const seen = new IntervalSet();
      return { edge, epoch, seen, version: 0, isChanged: false, isDoubted: false };
    }
    const seen = IntervalSet.decode(bytesOf(row["seen"]));
    const version = Number(row["version"]);
    return { edge, epoch, seen, version, isChanged: false, isDoubted: false };
  }

  /** A new epoch: refused below the floor, else the oldest one goes when there are too many. */
  function makeRoom(edge: string, epoch: number): void {
    const floor = Number(sql.floor.get(edge)?.["epoch_floor"] ?? 0);
    if (epoch < floor) throw new EpochForgottenError(edge, epoch, floor);
    const known = Number(sql.epochs.get(edge)?.["known"] ?? 0);
    if (known < config.epochsMax) return;
    const oldest = Number(sql.oldest.get(edge)?.["epoch"] ?? 0);
    if (epoch < oldest) throw new EpochForgottenError(edge, epoch, oldest);
    sql.drop.run(edge, oldest);
    sql.raise.run(edge, oldest + 1);
    kept.delete(nameOf(edge, oldest));
  }

  return {
    find(edge, epoch) {
      const name = nameOf(edge, epoch);
      let producer = kept.get(name);
      if (producer?.isDoubted) {
        const version = Number(sql.version.get(edge, epoch)?.["version"] ?? -1);
        if (version === producer.version) producer.isDoubted = false;
        else producer = undefined;
      }
      if (producer === undefined) {
        producer = load(edge, epoch);
        // None goes while a commit is made: loaded a second time, it would lack what is not saved.
        kept.set(name, producer);
      }
      if (!producer.isChanged) {
        producer.isChanged = true;
        changed.push(producer);
      }
      return producer;
    },
    doubt() {
      for (const producer of kept.values()) producer.isDoubted = true;
    },
    forget() {
      kept.clear();
      changed = [];
    },
    save(now) {
      for (const producer of changed) {
        const { edge, epoch, seen } = producer;
        producer.version++;
        producer.isChanged = false;
        sql.put.run(edge, epoch, seen.through, seen.gaps, producer.version, now, seen.encode());
      }
      changed = [];
      for (const name of kept.keys()) {
        if (kept.size <= config.keptMax) break;
        kept.delete(name);
      }
    },
    list: (limit) => sql.list.all(limit).map(statusOf),
  };
}

const nameOf = (edge: string, epoch: number): string => `${epoch}/${edge}`;

function prepare(database: DatabaseSync) {
  return {
    find: database.prepare("SELECT version, seen FROM producers WHERE edge = ? AND epoch = ?"),
    version: database.prepare("SELECT version FROM producers WHERE edge = ? AND epoch = ?"),
    put: database.prepare("INSERT OR REPLACE INTO producers VALUES (?, ?, ?, ?, ?, ?, ?)"),
    epochs: database.prepare("SELECT count(*) AS known FROM producers WHERE edge = ?"),
    oldest: database.prepare("SELECT min(epoch) AS epoch FROM producers WHERE edge = ?"),
    drop: database.prepare("DELETE FROM producers WHERE edge = ? AND epoch = ?"),
    floor: database.prepare("SELECT epoch_floor FROM edges WHERE edge = ?"),
    raise: database.prepare("INSERT OR REPLACE INTO edges VALUES (?, ?)"),
    list: database.prepare(
      "SELECT edge, epoch, through, gaps, last_append_at FROM producers " +
        "ORDER BY last_append_at DESC, edge, epoch LIMIT ?",
    ),
  };
}

function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`stream: expected bytes, got ${typeof value}`);
}

function statusOf(row: Record<string, unknown>): ProducerStatus {
  return {
    edge: String(row["edge"]),
    epoch: Number(row["epoch"]),
    through: Number(row["through"]),
    gaps: Number(row["gaps"]),
    lastAppendAt: Number(row["last_append_at"]),
  };
}
