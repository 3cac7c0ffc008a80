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
  return readableSilences(rows);
}

/** One that this program cannot read, as a newer one may have written it, must not stop the others. */
export function readableSilences(rows: readonly { readonly body: string }[]): readonly Silence[] {
  return rows.flatMap((row) => Silence.safeParse(JSON.parse(row.body)).data ?? []);
}
