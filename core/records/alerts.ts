// Alerts: what should be known of, and what became of it.

import type { Alert, AlertState } from "../model/alert.ts";
import type { Told } from "../model/receiver.ts";
import type { Severity } from "../model/severity.ts";
import type { AlertChange } from "../watch/alerts/change.ts";
import type { Clock } from "../service/clock.ts";
import type { Records } from "./open.ts";

/** An alert with the number of its newest change; numbers grow in the order of commits. */
export interface RevisedAlert {
  readonly revision: number;
  readonly alert: Alert;
}

export interface AlertFilter {
  readonly states?: readonly AlertState[] | undefined;
  readonly severities?: readonly Severity[] | undefined;
  readonly asset?: string | undefined;
  readonly zone?: string | undefined;
  readonly rule?: string | undefined;
  /** Raised in [from, to), epoch ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface AlertPage {
  /** Newest first. */
  readonly items: readonly Alert[];
  /** For `after` of the next page; absent at the end. */
  readonly next?: string;
}

/** What a person says about an alert. */
export interface Word {
  /** Who, for people: the label of a token. */
  readonly by: string;
  readonly note?: string | undefined;
}

export interface AlertEventRef {
  readonly event: string;
  readonly kind: "raise" | "clear";
  readonly at: number;
}

export interface Alerts {
  /**
   * Applies changes in their order, in one transaction with what is to be told of them. The same event
   * counts once. Gives the alerts that changed.
   */
  apply(changes: readonly AlertChange[], nowMs: number): Promise<readonly RevisedAlert[]>;
  list(
    filter: AlertFilter,
    page: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<AlertPage>;
  get(id: string): Promise<Alert | undefined>;
  /** The events behind it, newest first. */
  events(id: string, limit: number): Promise<readonly AlertEventRef[]>;
  /** Who was told what, newest first. */
  told(id: string, limit: number): Promise<readonly Told[]>;
  /** Doing it again, or after the end, changes nothing. Undefined when there is no such alert. */
  acknowledge(id: string, word: Word): Promise<Alert | undefined>;
  /** Ends it by hand; doing it again changes nothing. Undefined when there is no such alert. */
  clear(id: string, word: Word): Promise<Alert | undefined>;
  /** Alerts whose newest change is after `revision`, in the order of their revisions. */
  changedAfter(revision: number, limit: number): Promise<readonly RevisedAlert[]>;
  /** Of the newest change; 0 when there never was one. */
  revision(): Promise<number>;
  /** Causes of all that stand, at most `limit`; for `removalsOf`. */
  standing(limit: number): Promise<readonly Pick<Alert, "cause" | "zone" | "rule">[]>;
  /**
   * What time alone does: escalation, ends by themselves, calming down, silences that begin or end,
   * repetition. Gives the alerts that changed. The notifier calls it once a second.
   */
  tend(nowMs: number): Promise<readonly RevisedAlert[]>;
}

export interface AlertsDeps {
  readonly records: Records;
  readonly clock: Pick<Clock, "now">;
}
