// What may happen to alerts, as data: the pipeline derives changes from events, the store applies them.

import type { Explanation } from "../../model/event.ts";
import type { Rule } from "../../model/rule.ts";
import type { Severity } from "../../model/severity.ts";

/** The event behind a change. */
export interface ChangeEvent {
  readonly id: string;
  /** Event time, epoch ms. */
  readonly at: number;
  readonly retro: boolean;
  readonly explanation: Explanation;
}

/** It happened: raises the alert of its cause, or counts once more when it stands. */
export interface RaiseChange {
  readonly kind: "raise";
  readonly cause: string;
  readonly event: ChangeEvent;
  readonly title: string;
  readonly severity: Severity;
  readonly asset?: string | undefined;
  readonly zone?: string | undefined;
  readonly rule?: string | undefined;
  readonly escalations?: Rule["escalations"];
  /** For what has no end of its own: cleared so long after the newest event, ms. */
  readonly clearAfterMs?: number;
  /** Cause of the outage that would explain this, e.g. `edge:edge-darwin`; held back while that one stands. */
  readonly site?: string | undefined;
}

/** It ended. */
export interface ClearChange {
  readonly kind: "clear";
  readonly cause: string;
  readonly event: ChangeEvent;
}

/** What watched it is gone: its zone or rule was removed or switched off. */
export interface RemoveChange {
  readonly kind: "remove";
  readonly cause: string;
}

export type AlertChange = RaiseChange | ClearChange | RemoveChange;
