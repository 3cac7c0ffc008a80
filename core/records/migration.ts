import type { Transaction } from "kysely";
import type { RecordsSchema } from "./schema.ts";

/** One step of the store's shape; see migrations.ts. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  up(db: Transaction<RecordsSchema>): Promise<void>;
}
