// Numbers behind rules over sets ("more than 5 aircraft in the zone"). The owner of each partition
// writes what it counts there, one judge sums and decides. Everything carries the fencing token of
// the lease under which it was written: what a paused owner writes after it woke changes nothing.

import { z } from "zod";
import { WatchEvent } from "../model/event.ts";
import type { CountState } from "../watch/rules/count.ts";
import type { Records } from "./open.ts";

export interface PartitionCount {
  readonly rule: string;
  readonly inside: number;
  /** Event time, epoch ms. */
  readonly changedAt: number;
}

export interface CountSum {
  readonly count: number;
  /** Event time of the newest change of any partition's number, epoch ms. */
  readonly changedAt: number;
}

export interface Verdict {
  readonly state: CountState;
  /** What led to this state: recorded anew by a judge that takes over, in case it was not. */
  readonly events: readonly WatchEvent[];
}

export interface WatchCounts {
  /** Writes a partition's numbers; those written under a newer lease stay. */
  put(
    lease: { readonly partition: number; readonly token: number },
    counts: readonly PartitionCount[],
  ): Promise<void>;
  /** By rule. */
  sums(): Promise<ReadonlyMap<string, CountSum>>;
  verdicts(): Promise<ReadonlyMap<string, Verdict>>;
  /** Writes where a rule stands; false when a judge with a newer lease did before. */
  decide(token: number, rule: string, verdict: Verdict): Promise<boolean>;
  /** Forgets these rules. */
  forget(rules: readonly string[]): Promise<void>;
}

const CountStateShape = z.strictObject({
  version: z.int(),
  at: z.int(),
  count: z.int(),
  since: z.int().optional(),
  firedSince: z.int().optional(),
  firedAt: z.int().optional(),
  endedAt: z.int().optional(),
});
const VerdictShape = z.strictObject({ state: CountStateShape, events: z.array(WatchEvent) });

/** Rows of one statement. */
const ROWS_MAX = 200;

export function createWatchCounts({ records }: { readonly records: Records }): WatchCounts {
  const { db } = records;
  return {
    put: (lease, counts) => putCounts(db, lease, counts),

    async sums() {
      const rows = await db
        .selectFrom("watch_count")
        .select((row) => [
          "rule",
          row.fn.sum<number>("inside").as("count"),
          row.fn.max<number>("changed_at").as("changedAt"),
        ])
        .groupBy("rule")
        .execute();
      return new Map(rows.map(({ rule, count, changedAt }) => [rule, { count, changedAt }]));
    },

    async verdicts() {
      const rows = await db.selectFrom("watch_verdict").select(["rule", "body"]).execute();
      return new Map(rows.map(({ rule, body }) => [rule, VerdictShape.parse(JSON.parse(body))]));
    },

    async decide(token, rule, verdict) {
      const [result] = await db
        .insertInto("watch_verdict")
        .values({ rule, token, body: JSON.stringify(verdict) })
        .onConflict((conflict) =>
          conflict
            .column("rule")
            .doUpdateSet((row) => ({
              token: row.ref("excluded.token"),
              body: row.ref("excluded.body"),
            }))
            .whereRef("excluded.token", ">=", "watch_verdict.token"),
        )
        .execute();
      return (result?.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },

    async forget(rules) {
      if (rules.length === 0) return;
      for (const table of ["watch_count", "watch_verdict"] as const) {
        await db.deleteFrom(table).where("rule", "in", rules).execute();
      }
    },
  };
}

async function putCounts(
  db: Records["db"],
  { partition, token }: { readonly partition: number; readonly token: number },
  counts: readonly PartitionCount[],
): Promise<void> {
  for (let start = 0; start < counts.length; start += ROWS_MAX) {
    const rows = counts.slice(start, start + ROWS_MAX).map(({ rule, inside, changedAt }) => ({
      partition,
      rule,
      token,
      inside,
      changed_at: changedAt,
    }));
    await db
      .insertInto("watch_count")
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(["partition", "rule"])
          .doUpdateSet((row) => ({
            token: row.ref("excluded.token"),
            inside: row.ref("excluded.inside"),
            changed_at: row.ref("excluded.changed_at"),
          }))
          .whereRef("excluded.token", ">=", "watch_count.token"),
      )
      .execute();
  }
}
