// Alerts: what should be known of, and what became of it. Every change of an alert, and what is to be
// told of it, is one transaction; see alert-rows.ts for how changes stand in line.

import type { Expression, ExpressionBuilder, SqlBool } from "kysely";
import type { Alert, AlertState } from "../model/alert.ts";
import type { Told } from "../model/receiver.ts";
import type { Severity } from "../model/severity.ts";
import type { AlertChange } from "../watch/alerts/change.ts";
import { acknowledge, advance, end } from "../watch/alerts/lifecycle.ts";
import type { Clock } from "../service/clock.ts";
import { alertIdOf, type AlertBook, openBook } from "./alert-book.ts";
import {
  alertOf,
  lockAlerts,
  pairKey,
  readCounted,
  readRecords,
  recordOf,
  type Tx,
  writeEvents,
} from "./alert-rows.ts";
import type { AlertEventTable } from "./alert-tables.ts";
import { createTend } from "./alert-tend.ts";
import type { Records } from "./open.ts";
import type { RecordsSchema } from "./schema.ts";
import { readTold } from "./told-rows.ts";

/** An alert with the number of its newest change; numbers grow in the order of commits. */
export interface RevisedAlert {
  readonly revision: number;
  readonly alert: Alert;
}

export interface AlertFilter {
  readonly states?: readonly AlertState[] | undefined;
  readonly severities?: readonly Severity[] | undefined;
  readonly asset?: string | undefined;
  readonly zone?: string | undefined;
  readonly rule?: string | undefined;
  /** Raised in [from, to), epoch ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface AlertPage {
  /** Newest first. */
  readonly items: readonly Alert[];
  /** For `after` of the next page; absent at the end. */
  readonly next?: string;
}

/** What a person says about an alert. */
export interface Word {
  /** Who, for people: the label of a token. */
  readonly by: string;
  readonly note?: string | undefined;
}

export interface AlertEventRef {
  readonly event: string;
  readonly kind: "raise" | "clear";
  readonly at: number;
}

export interface Alerts {
  /**
   * Applies changes in their order, in one transaction with what is to be told of them. The same event
   * counts once, so that a pipeline that begins again may give all of its events again. Gives the
   * alerts that changed.
   */
  apply(changes: readonly AlertChange[], nowMs: number): Promise<readonly RevisedAlert[]>;
  list(
    filter: AlertFilter,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<AlertPage>;
  get(id: string): Promise<Alert | undefined>;
  /** The events behind it, newest first. */
  events(id: string, limit: number): Promise<readonly AlertEventRef[]>;
  /** Who was told what, newest first. */
  told(id: string, limit: number): Promise<readonly Told[]>;
  /** Doing it again, or after the end, changes nothing. Undefined when there is no such alert. */
  acknowledge(id: string, word: Word): Promise<Alert | undefined>;
  /** Ends it by hand; doing it again changes nothing. Undefined when there is no such alert. */
  clear(id: string, word: Word): Promise<Alert | undefined>;
  /** Alerts whose newest change is after `revision`, in the order of their revisions. */
  changedAfter(revision: number, limit: number): Promise<readonly RevisedAlert[]>;
  /** Of the newest change; 0 when there never was one. */
  revision(): Promise<number>;
  /** Causes of all that stand, at most `limit`; for `removalsOf`. */
  standing(limit: number): Promise<readonly Pick<Alert, "cause" | "zone" | "rule">[]>;
  /**
   * What time alone does: escalation, ends by themselves, calming down, silences that begin or end,
   * repetition. Gives the alerts that changed. The notifier calls it once a second.
   */
  tend(nowMs: number): Promise<readonly RevisedAlert[]>;
  /** Forgets alerts that were cleared before a time, and what was heard of causes before it. */
  forgetBefore(clearedBefore: number): Promise<void>;
}

export interface AlertsDeps {
  readonly records: Records;
  readonly clock: Pick<Clock, "now">;
}

const PAGE_MAX = 1_000;

export function createAlerts(deps: AlertsDeps): Alerts {
  const { db } = deps.records;
  const { clock } = deps;

  async function changeOne(
    id: string,
    change: (book: AlertBook, cause: string, nowMs: number) => void,
  ): Promise<Alert | undefined> {
    return db.transaction().execute(async (tx) => {
      const nowMs = clock.now();
      const book = await openBook(tx, nowMs);
      const record = (await readRecords(tx, [id])).get(id);
      if (record === undefined) return undefined;
      const { cause } = record.alert;
      await book.load([cause]);
      // An older alert of the cause is over and stays as it is.
      if (book.cause(cause).newest?.alert.id !== id) return record.alert;
      change(book, cause, nowMs);
      const alert = book.cause(cause).newest?.alert ?? record.alert;
      await book.write();
      return alert;
    });
  }

  return {
    apply: (changes, nowMs) =>
      changes.length === 0
        ? Promise.resolve([])
        : db.transaction().execute((tx) => applyAll(tx, changes, nowMs)),

    acknowledge: (id, word) =>
      changeOne(id, (book, cause, nowMs) => {
        const state = book.cause(cause);
        if (state.newest?.alert.state !== "raised") return;
        const record = acknowledge(state.newest, word, nowMs);
        book.take(cause, { cause: { ...state, newest: record }, record });
      }),

    clear: (id, word) =>
      changeOne(id, (book, cause, nowMs) => {
        const by = {
          clearedAt: nowMs,
          clearedBy: "operator",
          clearedWho: word.by,
          ...(word.note !== undefined && { clearedNote: word.note }),
        } as const;
        const ended = end(book.cause(cause), by);
        if (ended.record !== undefined) book.take(cause, ended);
      }),

    tend: createTend({ db }),

    forgetBefore: (clearedBefore) =>
      db.transaction().execute(async (tx) => {
        await lockAlerts(tx);
        await forget(tx, clearedBefore);
      }),

    ...createReading(deps),
  };
}

function createReading({
  records: { db },
}: AlertsDeps): Omit<Alerts, "apply" | "acknowledge" | "clear" | "tend" | "forgetBefore"> {
  return {
    async list(filter, { after, limit }) {
      const size = Math.min(limit, PAGE_MAX);
      const rows = await db
        .selectFrom("alert")
        .select(["id", "raised_at", "body"])
        .where((row) => row.and(conditionsOf(row, filter, after)))
        .orderBy("raised_at", "desc")
        .orderBy("id", "desc")
        .limit(size + 1)
        .execute();
      const items = rows.slice(0, size);
      const last = rows.length > size ? items.at(-1) : undefined;
      const next = last === undefined ? {} : { next: `${last.raised_at} ${last.id}` };
      return { items: items.map(alertOf), ...next };
    },

    async get(id) {
      return (await readRecords(db, [id])).get(id)?.alert;
    },

    async events(id, limit) {
      return db
        .selectFrom("alert_event")
        .select(["event", "kind", "at"])
        .where("alert", "=", id)
        .orderBy("at", "desc")
        .orderBy("event")
        .limit(Math.min(limit, PAGE_MAX))
        .execute();
    },

    told: (id, limit) => readTold(db, id, Math.min(limit, PAGE_MAX)),

    async changedAfter(revision, limit) {
      const rows = await db
        .selectFrom("alert")
        .select(["revision", "body"])
        .where("revision", ">", revision)
        .orderBy("revision")
        .limit(Math.min(limit, PAGE_MAX))
        .execute();
      return rows.map((row) => ({ revision: row.revision, alert: alertOf(row) }));
    },

    async revision() {
      const { value } = await db
        .selectFrom("alert_counter")
        .select("value")
        .where("name", "=", "revision")
        .executeTakeFirstOrThrow();
      return value;
    },

    async standing(limit) {
      const rows = await db
        .selectFrom("alert")
        .select("body")
        .where("state", "in", ["raised", "acknowledged"])
        .orderBy("raised_at", "desc")
        .limit(limit)
        .execute();
      return rows.map(alertOf);
    },
  };
}

async function applyAll(
  tx: Tx,
  changes: readonly AlertChange[],
  nowMs: number,
): Promise<readonly RevisedAlert[]> {
  const book = await openBook(tx, nowMs);
  const pairs = changes.flatMap((change) =>
    change.kind === "remove" ? [] : { cause: change.cause, event: change.event.id },
  );
  const counted = new Set(await readCounted(tx, pairs));
  const sites = changes.flatMap((change) => (change.kind === "raise" && change.site) || []);
  await book.load(
    changes.map(({ cause }) => cause),
    sites,
  );
  const events: AlertEventTable[] = [];
  for (const change of changes) {
    const { cause } = change;
    const event = change.kind === "remove" ? undefined : change.event;
    const key = event && pairKey({ cause, event: event.id });
    if (key !== undefined && counted.has(key)) continue;
    const advanced = advance(book.cause(cause), change, nowMs, alertIdOf);
    book.take(cause, advanced);
    if (key === undefined || event === undefined || change.kind === "remove") continue;
    counted.add(key);
    if (advanced.record === undefined) continue;
    const alert = advanced.record.alert.id;
    events.push({ cause, event: event.id, alert, kind: change.kind, at: event.at });
  }
  await reviewSites(tx, book, changes);
  await writeEvents(tx, events);
  return book.write();
}

async function forget(tx: Tx, clearedBefore: number): Promise<void> {
  await tx
    .deleteFrom("alert")
    .where("state", "=", "cleared")
    .where("is_held", "=", 0)
    .where("cleared_at", "<", clearedBefore)
    .execute();
  await tx.deleteFrom("alert_event").where("at", "<", clearedBefore).execute();
  await tx
    .deleteFrom("alert_cause")
    .where("heard_at", "<", clearedBefore)
    .where((row) =>
      row.or([
        row("alert", "is", null),
        row("alert", "not in", row.selectFrom("alert").select("id")),
      ]),
    )
    .execute();
}

/** What an outage explains is held back from its beginning; its end is seen by `tend`. */
async function reviewSites(
  tx: Tx,
  book: AlertBook,
  changes: readonly AlertChange[],
): Promise<void> {
  const raised = changes.filter(({ kind, cause }) => kind === "raise" && cause.startsWith("edge:"));
  if (raised.length === 0) return;
  const rows = await tx
    .selectFrom("alert")
    .select("body")
    .where("site", "in", [...new Set(raised.map(({ cause }) => cause))])
    .where("state", "in", ["raised", "acknowledged"])
    .limit(PAGE_MAX)
    .execute();
  const records = rows.map(recordOf);
  await book.load(records.map(({ alert }) => alert.cause));
  for (const record of records) book.review(record);
}

function conditionsOf(
  row: ExpressionBuilder<RecordsSchema, "alert">,
  filter: AlertFilter,
  after: string | undefined,
): readonly Expression<SqlBool>[] {
  const { states, severities, asset, zone, rule, from, to } = filter;
  const all: Expression<SqlBool>[] = [];
  if (states !== undefined) all.push(row("state", "in", [...states]));
  if (severities !== undefined) all.push(row("severity", "in", [...severities]));
  if (asset !== undefined) all.push(row("asset", "=", asset));
  if (zone !== undefined) all.push(row("zone", "=", zone));
  if (rule !== undefined) all.push(row("rule", "=", rule));
  if (from !== undefined) all.push(row("raised_at", ">=", from));
  if (to !== undefined) all.push(row("raised_at", "<", to));
  if (after !== undefined) {
    const [raisedAt = "", id = ""] = after.split(" ");
    const at = Number(raisedAt);
    const isSameTime = row.and([row("raised_at", "=", at), row("id", "<", id)]);
    all.push(row("raised_at", "<=", at), row.or([row("raised_at", "<", at), isSameTime]));
  }
  return all;
}
