// Alerts and causes as rows. Whoever changes alerts first takes the counter's row and holds it until
// the commit: changes stand in line, so that nobody decides by what another is about to change, and
// revisions become visible in their order.

import type { Kysely, Transaction } from "kysely";
import type { Alert } from "../model/alert.ts";
import { calm } from "../watch/alerts/flapping.ts";
import { dueAt } from "../watch/alerts/lifecycle.ts";
import type { AlertRecord, CauseState } from "../watch/alerts/record.ts";
import type { AlertCauseTable, AlertEventTable, AlertTable } from "./alert-tables.ts";
import type { RecordsSchema } from "./schema.ts";

export type Tx = Transaction<RecordsSchema>;
type Db = Kysely<RecordsSchema>;

/** Bound variables of one statement stay far below what SQLite (32,766) and PostgreSQL take. */
const CHUNK = 200;

export function chunksOf<T>(items: readonly T[], size = CHUNK): readonly (readonly T[])[] {
  const chunks: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += size) chunks.push(items.slice(at, at + size));
  return chunks;
}

/** Takes its place in the line; gives the newest revision. */
export async function lockAlerts(tx: Tx): Promise<number> {
  return moveCounter(tx, "revision", 0);
}

/** Adds to a counter and gives what it is then. */
export async function moveCounter(
  tx: Tx,
  name: "revision" | "telling" | "message",
  by: number,
): Promise<number> {
  const { value } = await tx
    .updateTable("alert_counter")
    .set((column) => ({ value: column("value", "+", by) }))
    .where("name", "=", name)
    .returning("value")
    .executeTakeFirstOrThrow();
  return value;
}

export interface CauseEntry {
  readonly state: Omit<CauseState, "newest">;
  readonly newestId: string | undefined;
  /** When it was last heard of, by this machine's clock. */
  readonly heardAt: number;
}

export async function readCauses(
  db: Db,
  causes: readonly string[],
): Promise<ReadonlyMap<string, CauseEntry>> {
  const found = new Map<string, CauseEntry>();
  for (const some of chunksOf([...new Set(causes)])) {
    const query = db
      .selectFrom("alert_cause")
      .selectAll()
      .where("cause", "in", [...some]);
    for (const row of await query.execute()) found.set(row.cause, causeOf(row));
  }
  return found;
}

export function freshCause(cause: string): CauseEntry {
  return { state: { cause, clearedAt: 0, flap: calm }, newestId: undefined, heardAt: 0 };
}

export async function readRecords(
  db: Db,
  ids: readonly string[],
): Promise<ReadonlyMap<string, AlertRecord>> {
  const found = new Map<string, AlertRecord>();
  for (const some of chunksOf([...new Set(ids)])) {
    const query = db
      .selectFrom("alert")
      .select(["id", "body"])
      .where("id", "in", [...some]);
    for (const row of await query.execute()) found.set(row.id, recordOf(row));
  }
  return found;
}

/** Which of these events were counted before, as `cause event`. */
export async function readCounted(
  db: Db,
  pairs: readonly { readonly cause: string; readonly event: string }[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const some of chunksOf(pairs)) {
    const rows = await db
      .selectFrom("alert_event")
      .select(["cause", "event"])
      .where("cause", "in", [...new Set(some.map(({ cause }) => cause))])
      .where("event", "in", [...new Set(some.map(({ event }) => event))])
      .execute();
    for (const row of rows) found.add(pairKey(row));
  }
  return found;
}

export function pairKey({ cause, event }: { cause: string; event: string }): string {
  return `${cause} ${event}`;
}

export async function writeRecords(
  tx: Tx,
  records: readonly { readonly record: AlertRecord; readonly revision: number }[],
  causeFor: (cause: string) => CauseState,
  nowMs: number,
): Promise<void> {
  const rows = records.map(({ record, revision }) =>
    rowOf(record, revision, dueOf(record, causeFor(record.alert.cause), nowMs)),
  );
  for (const some of chunksOf(rows, 50)) {
    await tx
      .insertInto("alert")
      .values([...some])
      .onConflict((conflict) =>
        conflict.column("id").doUpdateSet((row) => ({
          state: row.ref("excluded.state"),
          severity: row.ref("excluded.severity"),
          site: row.ref("excluded.site"),
          inhibited_by: row.ref("excluded.inhibited_by"),
          is_held: row.ref("excluded.is_held"),
          raised_at: row.ref("excluded.raised_at"),
          cleared_at: row.ref("excluded.cleared_at"),
          revision: row.ref("excluded.revision"),
          due_at: row.ref("excluded.due_at"),
          body: row.ref("excluded.body"),
        })),
      )
      .execute();
  }
}

export async function writeCauses(tx: Tx, entries: readonly CauseEntry[]): Promise<void> {
  const rows = entries.map(({ state, newestId, heardAt }): AlertCauseTable => ({
    cause: state.cause,
    alert: newestId ?? null,
    cleared_at: state.clearedAt,
    flap_score: state.flap.score,
    flap_at: state.flap.at,
    heard_at: heardAt,
  }));
  for (const some of chunksOf(rows)) {
    await tx
      .insertInto("alert_cause")
      .values([...some])
      .onConflict((conflict) =>
        conflict.column("cause").doUpdateSet((row) => ({
          alert: row.ref("excluded.alert"),
          cleared_at: row.ref("excluded.cleared_at"),
          flap_score: row.ref("excluded.flap_score"),
          flap_at: row.ref("excluded.flap_at"),
          heard_at: row.ref("excluded.heard_at"),
        })),
      )
      .execute();
  }
}

export async function writeEvents(tx: Tx, rows: readonly AlertEventTable[]): Promise<void> {
  for (const some of chunksOf(rows)) {
    await tx
      .insertInto("alert_event")
      .values([...some])
      .onConflict((conflict) => conflict.columns(["cause", "event"]).doNothing())
      .execute();
  }
}

export function recordOf(row: Pick<AlertTable, "body">): AlertRecord {
  // Written by this store alone, in a shape that only grows.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(row.body) as AlertRecord;
}

export function alertOf(row: Pick<AlertTable, "body">): Alert {
  return recordOf(row).alert;
}

function causeOf(row: AlertCauseTable): CauseEntry {
  const { cause, cleared_at: clearedAt, flap_score: score, flap_at: at } = row;
  const state = { cause, clearedAt, flap: { score, at } };
  return { state, newestId: row.alert ?? undefined, heardAt: row.heard_at };
}

/** Only the newest alert of a cause changes with time. */
function dueOf(record: AlertRecord, cause: CauseState, nowMs: number): number | null {
  if (cause.newest?.alert.id !== record.alert.id) return null;
  return dueAt(cause, nowMs) ?? null;
}

function rowOf(record: AlertRecord, revision: number, due: number | null): AlertTable {
  const { alert, site, isHeld } = record;
  return {
    id: alert.id,
    cause: alert.cause,
    state: alert.state,
    severity: alert.severity,
    asset: alert.asset ?? null,
    zone: alert.zone ?? null,
    rule: alert.rule ?? null,
    site: site ?? null,
    inhibited_by: alert.inhibitedBy ?? null,
    is_held: isHeld ? 1 : 0,
    raised_at: alert.raisedAt,
    cleared_at: alert.clearedAt ?? null,
    revision,
    due_at: due,
    body: JSON.stringify(record),
  };
}
