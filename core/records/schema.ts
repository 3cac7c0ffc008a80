import type { Selectable } from "kysely";
import type { Role } from "../service/auth.ts";
import type { AlertTables } from "./alert-tables.ts";
import type { EdgeLinkTable } from "./edge-link-table.ts";
import type { WatchCountTable, WatchVerdictTable } from "./watch-count-tables.ts";
import type {
  CreateKeyTable,
  DefinitionTable,
  WatchCounterTable,
  WatchEventTable,
} from "./watch-tables.ts";

/** Access tokens; the text itself is never stored. All times are epoch milliseconds. */
export interface TokenTable {
  readonly id: string;
  /** SHA-256 of the token's text, in hex; unique. */
  readonly hash: string;
  readonly label: string;
  readonly role: Role;
  /** The only edge that the token may speak for. */
  readonly edge: string | null;
  readonly created_at: number;
  readonly last_used_at: number | null;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
}

/** Which migrations this database has had. */
export interface MigrationTable {
  readonly number: number;
  readonly name: string;
  readonly applied_at: number;
}

/** Every table of the relational store, as Kysely sees it; `migrations.ts` makes them. */
export interface RecordsSchema extends AlertTables {
  readonly token: TokenTable;
  readonly migration: MigrationTable;
  readonly edge_link: EdgeLinkTable;
  readonly definition: DefinitionTable;
  readonly create_key: CreateKeyTable;
  readonly watch_event: WatchEventTable;
  readonly watch_counter: WatchCounterTable;
  readonly watch_count: WatchCountTable;
  readonly watch_verdict: WatchVerdictTable;
}

export type TokenRow = Selectable<TokenTable>;
