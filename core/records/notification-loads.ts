// How much there is to tell each receiver, and how it went lately.

import type { Kysely } from "kysely";
import type { ReceiverStatus } from "../model/receiver.ts";
import type { ReceiverLoad } from "./notifications.ts";
import type { RecordsSchema } from "./schema.ts";

type Db = Kysely<RecordsSchema>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Tests that are taken up at once; what is beyond waits. */
const TESTS_MAX = 20;

/** Only receivers for which something waits or is under way. */
export async function readLoads(db: Db, nowMs: number): Promise<readonly ReceiverLoad[]> {
  const waiting = await db
    .selectFrom("notification")
    .select((row) => [
      "receiver",
      row.fn.countAll<number>().as("count"),
      row.fn.min("at").as("since"),
    ])
    .where("state", "=", "waiting")
    .where("message", "is", null)
    .groupBy("receiver")
    .execute();
  const open = await db
    .selectFrom("message")
    .select(["id", "receiver", "kind", "next_at"])
    .where("ended_at", "is", null)
    .orderBy("number")
    .execute();
  const receivers = [...new Set([...waiting, ...open].map(({ receiver }) => receiver))];
  if (receivers.length === 0) return [];
  const lately = await readLately(db, receivers, nowMs);
  return receivers.map((receiver) => {
    const rows = waiting.find((row) => row.receiver === receiver);
    const messages = open.filter((row) => row.receiver === receiver);
    const first = messages.find(({ kind }) => kind !== "test");
    const tests = messages.filter(({ kind }) => kind === "test").map(({ id }) => id);
    const last = lately.find((row) => row.receiver === receiver);
    return {
      receiver,
      open: first && { id: first.id, nextAt: first.next_at },
      tests: tests.slice(0, TESTS_MAX),
      waiting: rows?.count ?? 0,
      waitingSince: rows?.since,
      lastMessageAt: last?.last ?? undefined,
      lastDigestAt: last?.digest ?? undefined,
      lastHour: last?.hour ?? 0,
    };
  });
}

/** How long a message counts for `lastMessageAt`: longer than any interval between two. */
const LATELY_MS = DAY_MS;

async function readLately(db: Db, receivers: readonly string[], nowMs: number) {
  return db
    .selectFrom("message")
    .select((row) => {
      const { fn } = row;
      return [
        "receiver",
        fn.max("created_at").as("last"),
        fn.max<number | null>("created_at").filterWhere("kind", "=", "digest").as("digest"),
        fn
          .countAll<number>()
          .filterWhere("created_at", ">", nowMs - HOUR_MS)
          .as("hour"),
      ];
    })
    .where("receiver", "in", [...receivers])
    .where("kind", "!=", "test")
    .where("created_at", ">", nowMs - LATELY_MS)
    .groupBy("receiver")
    .execute();
}

export async function readStatus(db: Db, receiver: string, nowMs: number): Promise<ReceiverStatus> {
  const { count: waiting } = await db
    .selectFrom("notification")
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("receiver", "=", receiver)
    .where("state", "=", "waiting")
    .executeTakeFirstOrThrow();
  const sums = await db
    .selectFrom("message")
    .select(({ fn }) => [
      fn.max<number | null>("ended_at").filterWhere("state", "=", "sent").as("sent_at"),
      fn.min<number | null>("next_at").filterWhere("state", "=", "open").as("next_at"),
      fn
        .countAll<number>()
        .filterWhere("state", "=", "gave-up")
        .filterWhere("ended_at", ">", nowMs - DAY_MS)
        .as("gave_up"),
      fn
        .countAll<number>()
        .filterWhere("state", "=", "sent")
        .filterWhere("ended_at", ">", nowMs - HOUR_MS)
        .as("sent"),
    ])
    .where("receiver", "=", receiver)
    .executeTakeFirstOrThrow();
  const failure = await db
    .selectFrom("message")
    .select(["failed_at", "detail"])
    .where("receiver", "=", receiver)
    .where("failed_at", "is not", null)
    .where("state", "!=", "sent")
    .orderBy("failed_at", "desc")
    .limit(1)
    .executeTakeFirst();
  return {
    waiting,
    gaveUp: sums.gave_up,
    sentLastHour: sums.sent,
    ...(sums.sent_at !== null && { lastSentAt: sums.sent_at }),
    ...(sums.next_at !== null && { nextTryAt: sums.next_at }),
    ...(failure?.failed_at && { lastFailedAt: failure.failed_at }),
    ...(failure?.detail && { lastFailure: failure.detail }),
  };
}
