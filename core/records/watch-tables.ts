import type { Selectable } from "kysely";

/** One version of a zone or a rule; all times are epoch milliseconds. */
export interface DefinitionTable {
  readonly kind: "zone" | "rule";
  readonly id: string;
  /** From 1, one more with each change, over removals too. */
  readonly version: number;
  /** What a person wrote, as JSON. */
  readonly body: string;
  readonly valid_from: number;
  /** When the next version or the removal ended it; null for what holds now. */
  readonly valid_until: number | null;
  /** The token that made this version. */
  readonly changed_by: string;
  /** The token that removed the definition, when this was its last version. */
  readonly removed_by: string | null;
}

/** What an `Idempotency-Key` made. */
export interface CreateKeyTable {
  /** The token that sent it. */
  readonly holder: string;
  readonly text: string;
  readonly kind: "zone" | "rule";
  /** SHA-256 of what was asked for, hex. */
  readonly body_hash: string;
  readonly id: string;
  readonly created_at: number;
}

export interface WatchEventTable {
  readonly number: number;
  readonly id: string;
  readonly kind: string;
  readonly at: number;
  readonly asset: string | null;
  readonly zone: string | null;
  readonly rule: string | null;
  readonly retro: number;
  readonly recorded_at: number;
  /** The event as it was handed over, as JSON. */
  readonly body: string;
}

/** `revision` grows with each change of a zone or a rule, `event` is the newest event's number. */
export interface WatchCounterTable {
  readonly name: string;
  readonly value: number;
}

export type DefinitionRow = Selectable<DefinitionTable>;
export type WatchEventRow = Selectable<WatchEventTable>;
