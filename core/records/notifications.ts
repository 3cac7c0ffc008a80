// What is to be told, on its way out. A row waits until the notifier puts it into a message; a message
// is open until its receiver took it or it is given up. Both outlive the process: what was under way
// when it died is sent again under the same id.

import { randomBytes } from "node:crypto";
import type { Kysely, Transaction } from "kysely";
import type { Alert } from "../model/alert.ts";
import type { ReceiverStatus, Telling } from "../model/receiver.ts";
import { eventId } from "../watch/event-id.ts";
import type { Clock } from "../service/clock.ts";
import { chunksOf, moveCounter } from "./alert-rows.ts";
import type { MessageTable, NotificationTable } from "./alert-tables.ts";
import { readLoads, readStatus } from "./notification-loads.ts";
import type { Records } from "./open.ts";
import type { RecordsSchema } from "./schema.ts";
import { dropTellings } from "./telling-rows.ts";

export interface MessageItem {
  readonly what: Telling | "test";
  /** When it was decided that this is to be told. */
  readonly at: number;
  /** As it was then. */
  readonly alert: Alert;
}

/** What goes to a receiver at once. */
export interface Message {
  readonly id: string;
  readonly receiver: string;
  readonly kind: "alerts" | "digest" | "test";
  readonly createdAt: number;
  /** Since when the oldest of its items waits. */
  readonly waitingSince: number;
  readonly attempts: number;
  readonly nextAt: number;
  /** Oldest first. */
  readonly items: readonly MessageItem[];
}

/** What there is to do for a receiver. */
export interface ReceiverLoad {
  readonly receiver: string;
  readonly open: { readonly id: string; readonly nextAt: number } | undefined;
  readonly tests: readonly string[];
  /** Rows that are in no message yet. */
  readonly waiting: number;
  readonly waitingSince: number | undefined;
  readonly lastMessageAt: number | undefined;
  readonly lastDigestAt: number | undefined;
  /** Messages begun within the last hour, tests aside. */
  readonly lastHour: number;
}

export interface TakeOptions {
  readonly kind: "alerts" | "digest";
  /** Most rows of it; what is beyond waits for the next. */
  readonly itemsMax: number;
  /** Only rows that say these; all when absent. */
  readonly what?: readonly Telling[] | undefined;
}

export type MessageEnd = "sent" | "gave-up" | "dropped";

export interface Notifications {
  loads(nowMs: number): Promise<readonly ReceiverLoad[]>;
  /** Makes a message of the oldest rows that wait; undefined when there are none. */
  take(receiver: string, options: TakeOptions, nowMs: number): Promise<Message | undefined>;
  message(id: string): Promise<Message | undefined>;
  /** The try failed and is to be repeated. */
  postpone(id: string, nextAt: number, detail: string): Promise<void>;
  /** There will be no more tries. */
  finish(id: string, end: MessageEnd, detail: string): Promise<void>;
  /** Rows and messages of a receiver that is gone or switched off. */
  drop(receiver: string, detail: string): Promise<void>;
  /** Asks for a test message; gives the message's id. */
  requestTest(receiver: string, alert: Alert): Promise<string>;
  /** How a message stands; undefined when it is unknown. */
  state(id: string): Promise<Pick<MessageTable, "state" | "detail"> | undefined>;
  status(receiver: string): Promise<ReceiverStatus>;
  /** Forgets what ended before a time. */
  forgetBefore(endedBefore: number): Promise<void>;
}

type Tx = Transaction<RecordsSchema>;

const DETAIL_CHARS_MAX = 500;

export function createNotifications(deps: {
  readonly records: Records;
  readonly clock: Pick<Clock, "now">;
  /** Random bytes; the system's when absent. */
  readonly random?: (count: number) => Uint8Array;
}): Notifications {
  const { db } = deps.records;
  const random = deps.random ?? randomBytes;

  return {
    loads: (nowMs) => readLoads(db, nowMs),
    status: (receiver) => readStatus(db, receiver, deps.clock.now()),
    message: (id) => readMessage(db, id),

    take: (receiver, options, nowMs) =>
      db.transaction().execute((tx) => takeRows(tx, receiver, options, nowMs)),

    async postpone(id, nextAt, detail) {
      const failedAt = deps.clock.now();
      await db
        .updateTable("message")
        .set((row) => ({
          attempts: row("attempts", "+", 1),
          next_at: nextAt,
          failed_at: failedAt,
          detail: storable(detail),
        }))
        .where("id", "=", id)
        .where("state", "=", "open")
        .execute();
    },

    finish: (id, end, detail) =>
      db.transaction().execute((tx) => finishMessage(tx, { id, end, detail }, deps.clock.now())),

    drop: (receiver, detail) =>
      db.transaction().execute(async (tx) => {
        await moveCounter(tx, "message", 0);
        await dropTellings(tx, receiver, detail, deps.clock.now());
      }),

    requestTest: (receiver, alert) => {
      const id = Buffer.from(random(16)).toString("hex");
      const nowMs = deps.clock.now();
      return db.transaction().execute((tx) => writeTest(tx, { id, receiver, alert }, nowMs));
    },

    state: (id) =>
      db.selectFrom("message").select(["state", "detail"]).where("id", "=", id).executeTakeFirst(),

    async forgetBefore(endedBefore) {
      await db.deleteFrom("notification").where("ended_at", "<", endedBefore).execute();
      await db.deleteFrom("message").where("ended_at", "<", endedBefore).execute();
    },
  };
}

/** A receiver's words; no text of PostgreSQL has a zero in it. */
function storable(detail: string): string {
  return detail.replaceAll("\0", "").slice(0, DETAIL_CHARS_MAX);
}

async function readMessage(db: Kysely<RecordsSchema>, id: string): Promise<Message | undefined> {
  const row = await db.selectFrom("message").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) return undefined;
  const rows = await db
    .selectFrom("notification")
    .select(["what", "at", "facts"])
    .where("message", "=", id)
    .orderBy("number")
    .execute();
  return messageOf(row, rows);
}

async function writeTest(
  tx: Tx,
  {
    id,
    receiver,
    alert,
  }: { readonly id: string; readonly receiver: string; readonly alert: Alert },
  nowMs: number,
): Promise<string> {
  const number = await moveCounter(tx, "message", 1);
  const head = { id, number, receiver, kind: "test" } as const;
  await tx.insertInto("message").values(freshMessage(head, nowMs)).execute();
  const row: NotificationTable = {
    id: eventId("test", id),
    number: await moveCounter(tx, "telling", 1),
    receiver,
    alert: null,
    what: "test",
    at: nowMs,
    state: "waiting",
    message: id,
    ended_at: null,
    detail: null,
    facts: JSON.stringify(alert),
  };
  await tx.insertInto("notification").values(row).execute();
  return id;
}

async function takeRows(
  tx: Tx,
  receiver: string,
  { kind, itemsMax, what }: TakeOptions,
  nowMs: number,
): Promise<Message | undefined> {
  const number = await moveCounter(tx, "message", 1);
  const rows = await tx
    .selectFrom("notification")
    .select(["id", "number", "what", "at", "facts"])
    .where("receiver", "=", receiver)
    .where("state", "=", "waiting")
    .where("message", "is", null)
    .$if(what !== undefined, (query) => query.where("what", "in", [...(what ?? [])]))
    .orderBy("number")
    .limit(itemsMax)
    .execute();
  const first = rows[0];
  if (first === undefined) return undefined;
  const id = eventId("message", first.id, number);
  const row = freshMessage({ id, number, receiver, kind }, nowMs);
  await tx.insertInto("message").values(row).execute();
  for (const some of chunksOf(rows)) {
    const ids = some.map((one) => one.id);
    await tx.updateTable("notification").set({ message: id }).where("id", "in", ids).execute();
  }
  return messageOf(row, rows);
}

async function finishMessage(
  tx: Tx,
  { id, end, detail }: { readonly id: string; readonly end: MessageEnd; readonly detail: string },
  nowMs: number,
): Promise<void> {
  const [ended] = await tx
    .updateTable("message")
    .set((row) => ({
      state: end,
      attempts: row("attempts", "+", 1),
      ended_at: nowMs,
      detail: storable(detail),
      ...(end === "gave-up" && { failed_at: nowMs }),
    }))
    .where("id", "=", id)
    .where("state", "=", "open")
    .execute();
  // Somebody else ended it, as a receiver's removal does.
  if ((ended?.numUpdatedRows ?? 0n) === 0n) return;
  await tx
    .updateTable("notification")
    .set({ state: end, ended_at: nowMs })
    .where("message", "=", id)
    .execute();
}

function freshMessage(
  head: Pick<MessageTable, "id" | "number" | "receiver" | "kind">,
  nowMs: number,
): MessageTable {
  return {
    ...head,
    state: "open",
    created_at: nowMs,
    next_at: nowMs,
    attempts: 0,
    ended_at: null,
    failed_at: null,
    detail: null,
  };
}

function messageOf(
  row: MessageTable,
  rows: readonly Pick<NotificationTable, "what" | "at" | "facts">[],
): Message {
  return {
    id: row.id,
    receiver: row.receiver,
    kind: row.kind,
    createdAt: row.created_at,
    waitingSince: Math.min(row.created_at, ...rows.map(({ at }) => at)),
    attempts: row.attempts,
    nextAt: row.next_at,
    items: rows.map(itemOf),
  };
}

function itemOf({
  what,
  at,
  facts,
}: Pick<NotificationTable, "what" | "at" | "facts">): MessageItem {
  // Written by this store alone.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { what: what as MessageItem["what"], at, alert: JSON.parse(facts) as Alert };
}
