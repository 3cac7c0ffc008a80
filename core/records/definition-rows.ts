// The statements behind definitions.ts: one table holds the versions of every kind.

import type { Kysely, Transaction } from "kysely";
import type { RecordsSchema } from "./schema.ts";
import type { DefinitionRow } from "./watch-tables.ts";

type Tx = Transaction<RecordsSchema>;

/** Versions kept of each definition. Bound: drop-oldest. */
export const versionsMax = 1_000;

export interface NextVersion {
  readonly id: string;
  readonly version: number;
  readonly body: string;
  readonly from: number;
  readonly by: string;
}

export interface DefinitionHead {
  readonly id: string;
  readonly version: number;
  readonly validFrom: number;
  readonly validUntil: number | undefined;
}

export interface DefinitionRows {
  /** The newest version of an id, whether it still holds or not. */
  newest(tx: Tx, id: string): Promise<DefinitionRow | undefined>;
  /** The versions that are kept, newest first. */
  all(db: Kysely<RecordsSchema>, id: string, limit: number): Promise<readonly DefinitionRow[]>;
  /** How many definitions hold now. */
  count(tx: Tx): Promise<number>;
  begin(tx: Tx, next: NextVersion): Promise<DefinitionRow>;
  end(
    tx: Tx,
    row: DefinitionRow,
    columns: { readonly valid_until: number; readonly removed_by?: string },
  ): Promise<void>;
}

export function createDefinitionRows(kind: DefinitionRow["kind"]): DefinitionRows {
  const ofId = (db: Kysely<RecordsSchema>, id: string) =>
    db
      .selectFrom("definition")
      .selectAll()
      .where("kind", "=", kind)
      .where("id", "=", id)
      .orderBy("version", "desc");

  return {
    newest: (tx, id) => ofId(tx, id).limit(1).executeTakeFirst(),
    all: (db, id, limit) => ofId(db, id).limit(limit).execute(),

    async count(tx) {
      const { count } = await tx
        .selectFrom("definition")
        .select((column) => column.fn.countAll<number>().as("count"))
        .where("kind", "=", kind)
        .where("valid_until", "is", null)
        .executeTakeFirstOrThrow();
      return count;
    },

    async begin(tx, { id, version, body, from, by }) {
      const row: DefinitionRow = {
        kind,
        id,
        version,
        body,
        valid_from: from,
        valid_until: null,
        changed_by: by,
        removed_by: null,
      };
      await tx.insertInto("definition").values(row).execute();
      await tx
        .deleteFrom("definition")
        .where("kind", "=", kind)
        .where("id", "=", id)
        .where("version", "<=", version - versionsMax)
        .execute();
      return row;
    },

    async end(tx, row, columns) {
      await tx
        .updateTable("definition")
        .set(columns)
        .where("kind", "=", kind)
        .where("id", "=", row.id)
        .where("version", "=", row.version)
        .execute();
    },
  };
}

export async function readRevision(db: Kysely<RecordsSchema>): Promise<number> {
  const row = await db
    .selectFrom("watch_counter")
    .select("value")
    .where("name", "=", "revision")
    .executeTakeFirstOrThrow();
  return row.value;
}

/** Takes the lock of the revision's row until the transaction ends; by 0 it does only that. */
export async function moveRevision(tx: Tx, by: number): Promise<void> {
  await tx
    .updateTable("watch_counter")
    .set((column) => ({ value: column("value", "+", by) }))
    .where("name", "=", "revision")
    .execute();
}

export function headOf(
  row: Pick<DefinitionRow, "id" | "version" | "valid_from" | "valid_until">,
): DefinitionHead {
  return {
    id: row.id,
    version: row.version,
    validFrom: row.valid_from,
    validUntil: row.valid_until ?? undefined,
  };
}
