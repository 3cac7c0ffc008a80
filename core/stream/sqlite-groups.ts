// Consumer groups in their file: members with an expiry, one row per partition with its owner,
// fencing token, offsets and state. A lease lasts as long as its owner's membership, so a renewal
// writes one row.

import type { Checkpoint } from "./log.ts";
import { nextShare } from "./fair-share.ts";
import type { LeasedChange, Membership, Renewal } from "./consumer.ts";
import type { SqliteFiles } from "./sqlite-files.ts";

export interface Position {
  readonly partition: number;
  readonly committed: number;
  readonly synced: number;
  readonly token: number;
  readonly owner: string | undefined;
}

/** Statements on the groups file; each is called inside a transaction of its writer. */
export interface SqliteGroups {
  ensure(group: string, starts: readonly number[]): void;
  /** Takes the name over from an older life and gives up what that one held. */
  enter(membership: Membership, expiresAt: number): void;
  /** Renews, takes and gives up. */
  renew(membership: Membership, times: { now: number; leaseMs: number }): Renewal;
  leave(membership: Membership): void;
  checkpoint(group: string, partition: number): Checkpoint;
  /** All or none; answers with the first partition whose lease is another's by now. */
  commit(membership: Membership, changes: readonly LeasedChange[]): number | undefined;
  names(): readonly string[];
  positions(group: string): readonly Position[];
  members(group: string, now: number): number;
  /** Per partition what every group has synced; undefined when there is no group. Remembers it. */
  raiseFloors(): ReadonlyMap<number, number>;
}

export function createSqliteGroups(files: SqliteFiles): SqliteGroups {
  return new Groups(files);
}

class Groups implements SqliteGroups {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(files: SqliteFiles) {
    this.#sql = prepare(files);
  }

  ensure(group: string, starts: readonly number[]): void {
    for (const [partition, start] of starts.entries()) {
      const floor = Number(this.#sql.floor.get(partition)?.["offset"] ?? 0);
      const from = Math.max(start, floor);
      this.#sql.open.run(group, partition, from, from);
    }
  }

  enter({ group, member, session }: Membership, expiresAt: number): void {
    const older = this.#sql.member.get(group, member);
    if (older !== undefined) this.#sql.releaseAll.run(group, String(older["session"]));
    this.#sql.putMember.run(group, member, session, expiresAt);
  }

  renew(membership: Membership, times: { now: number; leaseMs: number }): Renewal {
    const { group, member, session } = membership;
    const { now, leaseMs } = times;
    const found = this.#sql.member.get(group, member);
    if (found !== undefined && found["session"] !== session) {
      return { leases: [], isReplaced: true, hasGiven: false, nextExpiryMs: undefined };
    }
    this.#sql.putMember.run(group, member, session, now + leaseMs);
    // An expiry beyond any lease was written before the clock was set back: it tells nothing.
    this.#sql.expire.run(group, now, now + 2 * leaseMs);
    const alive = new Map(
      this.#sql.members
        .all(group)
        .map((row) => [String(row["session"]), Number(row["expires_at"])]),
    );
    const { take, give } = nextShare(session, [...alive.keys()], this.positions(group));
    for (const partition of give) this.#sql.release.run(group, partition, session);
    for (const partition of take) this.#sql.take.run(session, group, partition);
    const leases = this.positions(group)
      .filter(({ owner }) => owner === session)
      .map(({ partition, token }) => ({ partition, token }));
    alive.delete(session);
    const nextExpiryMs = alive.size === 0 ? undefined : Math.min(...alive.values()) - now;
    return { leases, isReplaced: false, hasGiven: give.length > 0, nextExpiryMs };
  }

  leave({ group, session }: Membership): void {
    this.#sql.releaseAll.run(group, session);
    this.#sql.dropMember.run(group, session);
  }

  checkpoint(group: string, partition: number): Checkpoint {
    const row = this.#sql.position.get(group, partition);
    if (row === undefined) throw new RangeError(`stream: no position of ${group} in ${partition}`);
    const state = this.#sql.state.get(group, partition)?.["state"];
    return {
      committed: Number(row["committed"]),
      synced: Number(row["synced"]),
      state: state instanceof Uint8Array ? state : undefined,
    };
  }

  commit(membership: Membership, changes: readonly LeasedChange[]): number | undefined {
    const { group, session } = membership;
    for (const { lease } of changes) {
      const row = this.#sql.position.get(group, lease.partition);
      if (row?.["owner"] !== session || row["token"] !== lease.token) return lease.partition;
    }
    for (const { lease, change } of changes) {
      const { partition } = lease;
      const before = this.#sql.position.get(group, partition);
      const synced = Math.max(Number(before?.["synced"]), change.synced ?? 0);
      const committed = Math.max(Number(before?.["committed"]), change.committed ?? 0, synced);
      this.#sql.move.run(committed, synced, group, partition);
      if (change.state !== undefined) this.#sql.note.run(group, partition, change.state);
      else if ("state" in change) this.#sql.forget.run(group, partition);
    }
    return undefined;
  }

  names(): readonly string[] {
    return this.#sql.groups.all().map((row) => String(row["group"]));
  }

  positions(group: string): readonly Position[] {
    return this.#sql.positions.all(group).map((row) => ({
      partition: Number(row["partition"]),
      committed: Number(row["committed"]),
      synced: Number(row["synced"]),
      token: Number(row["token"]),
      owner: row["owner"] === null ? undefined : String(row["owner"]),
    }));
  }

  members(group: string, now: number): number {
    return Number(this.#sql.countMembers.get(group, now)?.["members"]);
  }

  raiseFloors(): ReadonlyMap<number, number> {
    const floors = this.#sql.floors.all();
    for (const row of floors) this.#sql.raise.run(Number(row["partition"]), Number(row["offset"]));
    return new Map(floors.map((row) => [Number(row["partition"]), Number(row["offset"])]));
  }
}

function prepare({ groups }: SqliteFiles) {
  const at = 'WHERE "group" = ? AND partition = ?';
  return {
    positions: groups.prepare(
      "SELECT partition, committed, synced, token, owner FROM positions " +
        'WHERE "group" = ? ORDER BY partition',
    ),
    position: groups.prepare(`SELECT committed, synced, token, owner FROM positions ${at}`),
    state: groups.prepare(`SELECT state FROM states ${at}`),
    open: groups.prepare(
      'INSERT OR IGNORE INTO positions ("group", partition, committed, synced) VALUES (?, ?, ?, ?)',
    ),
    move: groups.prepare(`UPDATE positions SET committed = ?, synced = ? ${at}`),
    note: groups.prepare("INSERT OR REPLACE INTO states VALUES (?, ?, ?)"),
    forget: groups.prepare(`DELETE FROM states ${at}`),
    take: groups.prepare(`UPDATE positions SET owner = ?, token = token + 1 ${at}`),
    release: groups.prepare(`UPDATE positions SET owner = NULL ${at} AND owner = ?`),
    releaseAll: groups.prepare('UPDATE positions SET owner = NULL WHERE "group" = ? AND owner = ?'),
    groups: groups.prepare('SELECT DISTINCT "group" FROM positions ORDER BY "group"'),
    member: groups.prepare('SELECT session FROM members WHERE "group" = ? AND member = ?'),
    members: groups.prepare('SELECT session, expires_at FROM members WHERE "group" = ?'),
    countMembers: groups.prepare(
      'SELECT count(*) AS members FROM members WHERE "group" = ? AND expires_at > ?',
    ),
    putMember: groups.prepare("INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?)"),
    dropMember: groups.prepare('DELETE FROM members WHERE "group" = ? AND session = ?'),
    expire: groups.prepare(
      'DELETE FROM members WHERE "group" = ? AND (expires_at <= ? OR expires_at > ?)',
    ),
    floor: groups.prepare("SELECT offset FROM floors WHERE partition = ?"),
    floors: groups.prepare(
      "SELECT partition, min(synced) AS offset FROM positions GROUP BY partition",
    ),
    raise: groups.prepare(
      "INSERT INTO floors VALUES (?, ?) ON CONFLICT (partition) DO UPDATE " +
        "SET offset = max(offset, excluded.offset)",
    ),
  };
}
