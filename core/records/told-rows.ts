import type { Kysely } from "kysely";
import { Told } from "../model/receiver.ts";
import type { RecordsSchema } from "./schema.ts";

/** Who was told what of an alert and how that went, newest first. */
export async function readTold(
  db: Kysely<RecordsSchema>,
  alert: string,
  limit: number,
): Promise<readonly Told[]> {
  const rows = await db
    .selectFrom("notification")
    .leftJoin("message", "message.id", "notification.message")
    .select([
      "notification.receiver",
      "notification.what",
      "notification.at",
      "notification.state",
      "notification.ended_at",
      "notification.message",
      "notification.detail",
      "message.attempts",
      "message.detail as answer",
    ])
    .where("notification.alert", "=", alert)
    .orderBy("notification.number", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) =>
    Told.parse({
      receiver: row.receiver,
      what: row.what,
      at: row.at,
      state: row.state,
      attempts: row.attempts ?? 0,
      ...(row.ended_at !== null && { endedAt: row.ended_at }),
      ...(row.message !== null && { message: row.message }),
      ...detailOf(row.detail ?? row.answer),
    }),
  );
}

function detailOf(detail: string | null): { detail: string } | undefined {
  return detail === null ? undefined : { detail };
}
