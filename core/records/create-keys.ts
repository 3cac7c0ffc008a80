// Remembers what an `Idempotency-Key` made, so that a create that is sent again makes nothing new.

import type { Transaction } from "kysely";
import type { RecordsSchema } from "./schema.ts";

/** How long a key is remembered. */
export const createKeyMs = 24 * 3_600_000;
/** Keys kept over all holders. Bound: drop-oldest. */
export const createKeysMax = 10_000;

export interface CreateKey {
  /** Whose key it is: the same text of another token is another key. */
  readonly holder: string;
  readonly kind: "zone" | "rule";
  /** Absent: none was sent. */
  readonly text: string | undefined;
  readonly nowMs: number;
}

/** What the key made before; undefined when it is new, absent or forgotten. */
export async function findKey(
  tx: Transaction<RecordsSchema>,
  key: CreateKey,
): Promise<{ readonly id: string; readonly bodyHash: string } | undefined> {
  if (key.text === undefined) return undefined;
  const row = await tx
    .selectFrom("create_key")
    .select(["id", "body_hash"])
    .where("holder", "=", key.holder)
    .where("kind", "=", key.kind)
    .where("text", "=", key.text)
    .where("created_at", ">", key.nowMs - createKeyMs)
    .executeTakeFirst();
  return row && { id: row.id, bodyHash: row.body_hash };
}

/** Keeps a key and forgets what is beyond its time or the bound. */
export async function keepKey(
  tx: Transaction<RecordsSchema>,
  key: CreateKey,
  made: { readonly id: string; readonly bodyHash: string },
): Promise<void> {
  const { holder, kind, text, nowMs } = key;
  if (text === undefined) return;
  await tx
    .deleteFrom("create_key")
    .where("created_at", "<=", nowMs - createKeyMs)
    .execute();
  const beyond = await tx
    .selectFrom("create_key")
    .select("created_at")
    .orderBy("created_at", "desc")
    .offset(createKeysMax - 1)
    .limit(1)
    .executeTakeFirst();
  if (beyond !== undefined) {
    await tx.deleteFrom("create_key").where("created_at", "<=", beyond.created_at).execute();
  }
  const row = { holder, kind, text, body_hash: made.bodyHash, id: made.id, created_at: nowMs };
  await tx.insertInto("create_key").values(row).execute();
}
