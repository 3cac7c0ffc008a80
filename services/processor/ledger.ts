// Where this process stands in each partition that it holds. Every change is one transaction over all
// partitions that it touches, made one after another; a partition whose lease is lost is let go of.

import type { Manifest } from "@drover/core/history/manifest";
import { FencedError } from "@drover/core/stream/log";
import type { Checkpoint, Consumer, Lease } from "@drover/core/stream/log";
import { encodeNotes } from "./notes.ts";

export interface Position {
  readonly lease: Lease;
  /** In `reports` (or `quarantine`). */
  readonly committed: number;
  /** Through the views; never beyond `committed`. */
  readonly fed: number;
  /** Both, and it survives a power cut. */
  readonly synced: number;
  readonly boot: string | undefined;
  readonly inserting: Manifest | undefined;
  readonly feeding: Manifest | undefined;
}

export type PositionChange = Partial<Omit<Position, "lease">>;

/** Gives the change of a position; undefined leaves it as it is. */
export type Move = (position: Position, partition: number) => PositionChange | undefined;

export interface Ledger {
  /** Positions by partition. */
  positions(): ReadonlyMap<number, Position>;
  /** Leases of those partitions of a manifest that are held here. */
  leasesOf(manifest: Manifest): readonly Lease[];
  /** Takes a partition over; what is known of an older lease is forgotten. */
  adopt(position: Position): void;
  /** Lets go of partitions whose leases are not among these. */
  keepOnly(leases: readonly Lease[]): void;
  /**
   * Moves positions in one transaction.
   *
   * @returns partitions that were lost to somebody else and therefore did not move.
   */
  move(move: Move): Promise<readonly number[]>;
  /**
   * Writes a manifest down before its insert.
   *
   * @returns false when one of its partitions was lost, or when the views stand elsewhere than
   * where it begins: then nothing was written.
   */
  freeze(manifest: Manifest): Promise<boolean>;
  /**
   * Says that the insert of `done` is visible, and writes down `next` with it.
   *
   * @returns whether `next` was written down.
   */
  settle(done: Manifest, next?: Manifest): Promise<boolean>;
}

export interface LedgerDeps {
  readonly consumer: Pick<Consumer, "commitAll">;
}

export function createLedger(deps: LedgerDeps): Ledger {
  return new GroupLedger(deps);
}

class GroupLedger implements Ledger {
  readonly #deps: LedgerDeps;
  readonly #positions = new Map<number, Position>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: LedgerDeps) {
    this.#deps = deps;
  }

  positions(): ReadonlyMap<number, Position> {
    return this.#positions;
  }

  leasesOf({ ranges }: Manifest): readonly Lease[] {
    return ranges.flatMap(([partition]) => this.#positions.get(partition)?.lease ?? []);
  }

  adopt(position: Position): void {
    this.#positions.set(position.lease.partition, position);
  }

  keepOnly(leases: readonly Lease[]): void {
    const tokens = new Map(leases.map((lease) => [lease.partition, lease.token]));
    for (const [partition, position] of this.#positions) {
      if (tokens.get(partition) !== position.lease.token) this.#positions.delete(partition);
    }
  }

  move(move: Move): Promise<readonly number[]> {
    return this.#inTurn(() => this.#moveNow(move));
  }

  freeze(manifest: Manifest): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#holdsAll(manifest) || !this.#isTurnOf(manifest)) return false;
      return (await this.#write(this.#changesBy(frozen(manifest)))) === undefined;
    });
  }

  settle(done: Manifest, next?: Manifest): Promise<boolean> {
    return this.#inTurn(async () => {
      if (next !== undefined && this.#holdsAll(next)) {
        const both = this.#changesBy(chain(settled(done), frozen(next)));
        if ((await this.#write(both)) === undefined) return true;
      }
      await this.#moveNow(settled(done));
      return false;
    });
  }

  /** One transaction at a time: each is made from what the one before it left. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #moveNow(move: Move): Promise<readonly number[]> {
    const lost: number[] = [];
    for (;;) {
      const fenced = await this.#write(this.#changesBy(move));
      if (fenced === undefined) return lost;
      if (lost.includes(fenced)) throw new FencedError(fenced);
      lost.push(fenced);
    }
  }

  #changesBy(move: Move): Map<number, Position> {
    const changes = new Map<number, Position>();
    for (const [partition, position] of this.#positions) {
      const change = move(position, partition);
      if (change !== undefined) changes.set(partition, { ...position, ...change });
    }
    return changes;
  }

  /** Writes all changes or, when a lease is lost, none: then the partition's number. */
  async #write(changes: ReadonlyMap<number, Position>): Promise<number | undefined> {
    if (changes.size === 0) return undefined;
    const entries = [...changes.values()].map((position) => ({
      lease: position.lease,
      change: checkpointOf(position),
    }));
    try {
      await this.#deps.consumer.commitAll(entries);
    } catch (error) {
      if (!(error instanceof FencedError)) throw error;
      const lost = changes.get(error.partition);
      if (lost !== undefined && this.#isCurrent(lost)) this.#positions.delete(error.partition);
      return error.partition;
    }
    for (const [partition, position] of changes) {
      // Given up or taken over anew while it was written: the newer knowledge stands.
      if (this.#isCurrent(position)) this.#positions.set(partition, position);
    }
    return undefined;
  }

  #isCurrent({ lease }: Position): boolean {
    return this.#positions.get(lease.partition)?.lease.token === lease.token;
  }

  /** Blocks wait in memory while leases come and go; only the one that continues may be fed. */
  #isTurnOf({ target, ranges }: Manifest): boolean {
    if (target !== "feed") return true;
    return ranges.every(([partition, first]) => {
      const position = this.#positions.get(partition);
      return position?.fed === first && position.feeding === undefined;
    });
  }

  #holdsAll(manifest: Manifest): boolean {
    return manifest.ranges.every(([partition]) => this.#positions.has(partition));
  }
}

function checkpointOf(position: Position): Checkpoint {
  const { committed, synced, boot, fed, inserting, feeding } = position;
  return { committed, synced, state: encodeNotes({ boot, fed, inserting, feeding }) };
}

const placeOf = (manifest: Manifest): "inserting" | "feeding" =>
  manifest.target === "feed" ? "feeding" : "inserting";

function frozen(manifest: Manifest): Move {
  const partitions = new Set(manifest.ranges.map(([partition]) => partition));
  const place = placeOf(manifest);
  return (_, partition) => (partitions.has(partition) ? { [place]: manifest } : undefined);
}

/** Only where this very manifest is written down: another owner may have settled it long ago. */
function settled(manifest: Manifest): Move {
  const ends = new Map(manifest.ranges.map(([partition, , end]) => [partition, end]));
  const place = placeOf(manifest);
  return (position, partition) => {
    const end = ends.get(partition);
    if (end === undefined || position[place]?.token !== manifest.token) return undefined;
    if (place === "feeding") return { fed: end, feeding: undefined };
    // Lines that were set aside have no views to go through.
    const fed = manifest.target === "quarantine" ? { fed: end } : {};
    return { committed: end, inserting: undefined, ...fed };
  };
}

function chain(first: Move, second: Move): Move {
  return (position, partition) => {
    const one = first(position, partition);
    const two = second({ ...position, ...one }, partition);
    return one === undefined && two === undefined ? undefined : { ...one, ...two };
  };
}
