// What time alone does to alerts. It looks first and takes its place among the writers only when there
// is something to do.

import type { Kysely } from "kysely";
import type { Silence } from "../model/alert.ts";
import { dueAt, tend } from "../watch/alerts/lifecycle.ts";
import type { CauseState } from "../watch/alerts/record.ts";
import { type AlertBook, openBook, siteGraceMs } from "./alert-book.ts";
import { chunksOf, readCauses, readRecords, recordOf, type Tx } from "./alert-rows.ts";
import type { RevisedAlert } from "./alerts.ts";
import { remind } from "./remind.ts";
import type { RecordsSchema } from "./schema.ts";
import { readActiveSilences } from "./silence-rows.ts";

type Db = Kysely<RecordsSchema>;

/** Alerts that one transaction changes; what is beyond waits for the next call. */
const TEND_MAX = 500;
const REMIND_EVERY_MS = 15_000;

/** See `Alerts.tend`. */
export function createTend({
  db,
}: {
  readonly db: Db;
}): (nowMs: number) => Promise<readonly RevisedAlert[]> {
  let silencesSeen: string | undefined;
  let remindAt = 0;

  async function tendDue(nowMs: number): Promise<readonly RevisedAlert[]> {
    const due = (on: Db | Tx) =>
      on.selectFrom("alert").select("cause").where("due_at", "<=", nowMs).limit(TEND_MAX).execute();
    if ((await due(db)).length === 0) return [];
    return inBook(db, nowMs, async (book, tx) => {
      const causes = [...new Set((await due(tx)).map(({ cause }) => cause))];
      await book.load(causes);
      for (const cause of causes) {
        const advanced = tend(book.cause(cause), nowMs);
        if (advanced.record !== undefined) book.take(cause, advanced);
        else await postpone(tx, book.cause(cause), nowMs);
      }
    });
  }

  async function tendSilences(nowMs: number): Promise<readonly RevisedAlert[]> {
    const active = signatureOf(await readActiveSilences(db, nowMs));
    if (active === silencesSeen) return [];
    const changed = await reviewAll(db, nowMs);
    silencesSeen = active;
    return changed;
  }

  return async (nowMs) => {
    const changed = [
      ...(await tendDue(nowMs)),
      ...(await tendSilences(nowMs)),
      ...(await tendSites(db, nowMs)),
    ];
    if (nowMs >= remindAt) {
      remindAt = nowMs + REMIND_EVERY_MS;
      await remind(db, nowMs);
    }
    return changed;
  };
}

/** Nothing came of what was due, as of a step of escalation to the severity that there is. */
async function postpone(tx: Tx, cause: CauseState, nowMs: number): Promise<void> {
  const id = cause.newest?.alert.id ?? "";
  const due = dueAt(cause, nowMs) ?? null;
  await tx.updateTable("alert").set({ due_at: due }).where("id", "=", id).execute();
}

/** Decides again about everything that a silence may hold; for whoever changes silences too. */
export async function reviewAllIn(tx: Tx, nowMs: number): Promise<readonly RevisedAlert[]> {
  const book = await openBook(tx, nowMs);
  const rows = await tx
    .selectFrom("alert")
    .select("body")
    .where((row) => row.or([row("state", "!=", "cleared"), row("is_held", "=", 1)]))
    .execute();
  const records = rows.map(recordOf);
  await book.load(records.map(({ alert }) => alert.cause));
  for (const record of records) book.review(record);
  return book.write();
}

const reviewAll = (db: Db, nowMs: number) =>
  db.transaction().execute((tx) => reviewAllIn(tx, nowMs));

/** Releases what an outage held back, once that is over for `siteGraceMs`. */
async function tendSites(db: Db, nowMs: number): Promise<readonly RevisedAlert[]> {
  const rows = await db
    .selectFrom("alert")
    .select("inhibited_by")
    .distinct()
    .where("inhibited_by", "is not", null)
    .limit(TEND_MAX)
    .execute();
  const sites = rows.flatMap((row) => row.inhibited_by ?? []);
  if (sites.length === 0) return [];
  const causes = await readCauses(db, sites);
  const newest = await readRecords(
    db,
    [...causes.values()].flatMap(({ newestId }) => newestId ?? []),
  );
  const over = sites.filter((site) => {
    const entry = causes.get(site);
    const record = entry?.newestId === undefined ? undefined : newest.get(entry.newestId);
    if (entry === undefined || record === undefined) return true;
    return record.alert.state === "cleared" && nowMs - entry.heardAt >= siteGraceMs;
  });
  const changed: RevisedAlert[] = [];
  for (const some of chunksOf(over)) {
    const revised = await inBook(db, nowMs, async (book, tx) => {
      const rows = await tx
        .selectFrom("alert")
        .select("body")
        .where("inhibited_by", "in", [...some])
        .limit(TEND_MAX)
        .execute();
      const records = rows.map(recordOf);
      await book.load(records.map(({ alert }) => alert.cause));
      for (const record of records) book.review(record);
    });
    changed.push(...revised);
  }
  return changed;
}

function inBook(
  db: Db,
  nowMs: number,
  change: (book: AlertBook, tx: Tx) => Promise<void>,
): Promise<readonly RevisedAlert[]> {
  return db.transaction().execute(async (tx) => {
    const book = await openBook(tx, nowMs);
    await change(book, tx);
    return book.write();
  });
}

function signatureOf(silences: readonly Silence[]): string {
  return JSON.stringify(silences);
}
