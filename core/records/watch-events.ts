// What watching noticed, numbered in the order of recording. Writers take the counter's row before
// they look for what is new and hold it until they commit: numbers become visible in their order,
// without gaps, and a reader of `after(number)` misses none.

import type { Expression, ExpressionBuilder, Kysely, SqlBool, Transaction } from "kysely";
import { type EventKind, StoredEvent, type WatchEvent } from "../model/event.ts";
import type { Clock } from "../service/clock.ts";
import type { Records } from "./open.ts";
import type { RecordsSchema } from "./schema.ts";
import type { WatchEventRow } from "./watch-tables.ts";

export interface EventFilter {
  readonly asset?: string | undefined;
  readonly zone?: string | undefined;
  readonly rule?: string | undefined;
  readonly kinds?: readonly EventKind[] | undefined;
  /** By the time of the event, epoch ms; `to` does not belong to it. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly retro?: boolean | undefined;
}

/** Where a page ended. */
export interface EventPlace {
  readonly at: number;
  readonly number: number;
}

export interface WatchEvents {
  /**
   * Records those whose id is new, in the given order, and gives them; one that is known takes what
   * is said of it now and keeps its number. All or none. What is beyond the bounds is forgotten now
   * and then.
   */
  append(events: readonly WatchEvent[], nowMs: number): Promise<readonly StoredEvent[]>;
  /** Takes back what late data refuted; gives how many there were. */
  retract(ids: readonly string[]): Promise<number>;
  /** Newest first by the time of the event. */
  list(
    filter: EventFilter,
    page: { readonly before?: EventPlace | undefined; readonly limit: number },
  ): Promise<{ readonly items: readonly StoredEvent[]; readonly next: EventPlace | undefined }>;
  get(id: string): Promise<StoredEvent | undefined>;
  /** What was recorded after a number, oldest first. */
  after(number: number, limit: number): Promise<readonly StoredEvent[]>;
  /** 0 before the first. */
  newestNumber(): Promise<number>;
  /** Forgets what was recorded before a time, epoch ms; gives how many. */
  forgetBefore(recordedBefore: number): Promise<number>;
}

export interface WatchEventsConfig {
  /** Events are kept so long after they were recorded. Bound: drop-oldest. */
  readonly keepMs: number;
  /** And so many of them. Bound: drop-oldest. */
  readonly countMax: number;
}

/** 90 days, a million events. */
export const watchEventsDefaults: WatchEventsConfig = {
  keepMs: 90 * 86_400_000,
  countMax: 1_000_000,
};

/** Bound variables of one statement stay far below what SQLite (32,766) and PostgreSQL take. */
const CHUNK = 500;
const FORGET_EVERY_MS = 10 * 60_000;
const PAGE_MAX = 10_000;

export function createWatchEvents(deps: {
  readonly records: Records;
  readonly clock: Pick<Clock, "now">;
  readonly config?: WatchEventsConfig;
}): WatchEvents {
  const { db } = deps.records;
  const config = deps.config ?? watchEventsDefaults;
  let forgetAt = 0;

  return {
    async append(events, nowMs) {
      const unique = [...new Map(events.map((event) => [event.id, event])).values()];
      if (unique.length === 0) return [];
      const stored = await db.transaction().execute((tx) => appendAll(tx, unique, nowMs));
      if (nowMs >= forgetAt) {
        forgetAt = nowMs + FORGET_EVERY_MS;
        const numberMax = (await readNewest(db)) - config.countMax;
        await forget(db, { recordedBefore: nowMs - config.keepMs, numberMax });
      }
      return stored;
    },

    async retract(ids) {
      let count = 0n;
      for (let start = 0; start < ids.length; start += CHUNK) {
        const some = ids.slice(start, start + CHUNK);
        const [result] = await db.deleteFrom("watch_event").where("id", "in", some).execute();
        count += result?.numDeletedRows ?? 0n;
      }
      return Number(count);
    },

    async list(filter, { before, limit }) {
      const rows = await db
        .selectFrom("watch_event")
        .selectAll()
        .where((row) => row.and(conditionsOf(row, filter, before)))
        .orderBy("at", "desc")
        .orderBy("number", "desc")
        .limit(Math.min(limit, PAGE_MAX) + 1)
        .execute();
      const items = rows.slice(0, Math.min(limit, PAGE_MAX)).map(eventOf);
      const last = rows.length > items.length ? items.at(-1) : undefined;
      return { items, next: last && { at: last.at, number: last.number } };
    },

    async get(id) {
      const query = db.selectFrom("watch_event").selectAll().where("id", "=", id);
      const row = await query.executeTakeFirst();
      return row && eventOf(row);
    },

    async after(number, limit) {
      const rows = await db
        .selectFrom("watch_event")
        .selectAll()
        .where("number", ">", number)
        .orderBy("number")
        .limit(Math.min(limit, PAGE_MAX))
        .execute();
      return rows.map(eventOf);
    },

    newestNumber: () => readNewest(db),
    forgetBefore: (recordedBefore) => forget(db, { recordedBefore, numberMax: 0 }),
  };
}

async function readNewest(db: Kysely<RecordsSchema>): Promise<number> {
  const row = await db
    .selectFrom("watch_counter")
    .select("value")
    .where("name", "=", "event")
    .executeTakeFirstOrThrow();
  return row.value;
}

async function forget(
  db: Kysely<RecordsSchema>,
  bounds: { readonly recordedBefore: number; readonly numberMax: number },
): Promise<number> {
  const [result] = await db
    .deleteFrom("watch_event")
    .where((row) =>
      row.or([
        row("recorded_at", "<", bounds.recordedBefore),
        row("number", "<=", bounds.numberMax),
      ]),
    )
    .execute();
  return Number(result?.numDeletedRows ?? 0n);
}

function conditionsOf(
  row: ExpressionBuilder<RecordsSchema, "watch_event">,
  filter: EventFilter,
  before: EventPlace | undefined,
): readonly Expression<SqlBool>[] {
  const { asset, zone, rule, kinds, from, to, retro } = filter;
  const all: Expression<SqlBool>[] = [];
  if (asset !== undefined) all.push(row("asset", "=", asset));
  if (zone !== undefined) all.push(row("zone", "=", zone));
  if (rule !== undefined) all.push(row("rule", "=", rule));
  if (kinds !== undefined) all.push(row("kind", "in", [...kinds]));
  if (from !== undefined) all.push(row("at", ">=", from));
  if (to !== undefined) all.push(row("at", "<", to));
  if (retro !== undefined) all.push(row("retro", "=", retro ? 1 : 0));
  if (before !== undefined) {
    const isSameTime = row.and([row("at", "=", before.at), row("number", "<", before.number)]);
    // The first alone lets the index begin there; both together are exact.
    all.push(row("at", "<=", before.at), row.or([row("at", "<", before.at), isSameTime]));
  }
  return all;
}

async function appendAll(
  tx: Transaction<RecordsSchema>,
  events: readonly WatchEvent[],
  nowMs: number,
): Promise<readonly StoredEvent[]> {
  const { value: newest } = await tx
    .updateTable("watch_counter")
    .set((column) => ({ value: column("value", "+", 0) }))
    .where("name", "=", "event")
    .returning("value")
    .executeTakeFirstOrThrow();
  const known = await knownBodies(tx, events);
  const stored: StoredEvent[] = [];
  for (const event of events) {
    const body = known.get(event.id);
    if (body === undefined) {
      stored.push({ ...event, recordedAt: nowMs, number: newest + 1 + stored.length });
    } else if (body !== JSON.stringify(event)) await correct(tx, event);
  }
  for (let start = 0; start < stored.length; start += CHUNK) {
    const rows = stored.slice(start, start + CHUNK).map(rowOf);
    await tx.insertInto("watch_event").values(rows).execute();
  }
  await tx
    .updateTable("watch_counter")
    .set({ value: newest + stored.length })
    .where("name", "=", "event")
    .execute();
  return stored;
}

async function knownBodies(
  tx: Transaction<RecordsSchema>,
  events: readonly WatchEvent[],
): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>();
  for (let start = 0; start < events.length; start += CHUNK) {
    const ids = events.slice(start, start + CHUNK).map(({ id }) => id);
    const query = tx.selectFrom("watch_event").select(["id", "body"]).where("id", "in", ids);
    for (const { id, body } of await query.execute()) known.set(id, body);
  }
  return known;
}

async function correct(tx: Transaction<RecordsSchema>, event: WatchEvent): Promise<void> {
  const { kind, at, retro } = event;
  await tx
    .updateTable("watch_event")
    .set({ kind, at, retro: retro ? 1 : 0, body: JSON.stringify(event) })
    .where("id", "=", event.id)
    .execute();
}

function rowOf(event: StoredEvent): WatchEventRow {
  const { number, recordedAt, ...body } = event;
  return {
    number,
    id: event.id,
    kind: event.kind,
    at: event.at,
    asset: event.asset ?? null,
    zone: event.zone ?? null,
    rule: event.rule ?? null,
    retro: event.retro ? 1 : 0,
    recorded_at: recordedAt,
    body: JSON.stringify(body),
  };
}

function eventOf(row: WatchEventRow): StoredEvent {
  const body: object = JSON.parse(row.body);
  return StoredEvent.parse({ ...body, recordedAt: row.recorded_at, number: row.number });
}
