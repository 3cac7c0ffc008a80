import type { Alert } from "../../model/alert.ts";
import type { Rule } from "../../model/rule.ts";
import type { Severity } from "../../model/severity.ts";
import type { Flap } from "./flapping.ts";

/** An alert and what is kept beside it; plain JSON. */
export interface AlertRecord {
  readonly alert: Alert;
  /** Of the newest event, before escalation. */
  readonly baseSeverity: Severity;
  readonly escalations: NonNullable<Rule["escalations"]>;
  readonly site?: string | undefined;
  /** When it ends by itself, epoch ms. */
  readonly clearAt?: number | undefined;
  /** Something of it was young enough to be told. */
  readonly isTellable: boolean;
  /** What was told last; absent when nothing was. */
  readonly told?: { readonly state: Alert["state"]; readonly severity: Severity } | undefined;
  /** There is something to tell and it is held back. */
  readonly isHeld: boolean;
}

/** What is kept of a cause, over all its alerts. */
export interface CauseState {
  readonly cause: string;
  /** Event time of its newest end; 0 when it never ended. */
  readonly clearedAt: number;
  readonly flap: Flap;
  /** Its newest alert, standing or not. */
  readonly newest?: AlertRecord | undefined;
}

/** The record when its alert is not over. */
export function standing(record: AlertRecord | undefined): AlertRecord | undefined {
  return record === undefined || record.alert.state === "cleared" ? undefined : record;
}
