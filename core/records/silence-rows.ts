import type { Kysely } from "kysely";
import { Silence } from "../model/alert.ts";
import type { RecordsSchema } from "./schema.ts";

/** Silences that hold at a time; the oldest first. */
export async function readActiveSilences(
  db: Kysely<RecordsSchema>,
  nowMs: number,
): Promise<readonly Silence[]> {
  const rows = await db
    .selectFrom("silence")
    .select("body")
    .where("starts_at", "<=", nowMs)
    .where("ends_at", ">", nowMs)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map((row) => Silence.parse(JSON.parse(row.body)));
}
