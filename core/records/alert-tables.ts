// The tables of alerts and of who is told. Times are epoch milliseconds; what is only read as a whole
// is JSON.

import type { Severity } from "../model/severity.ts";
import type { AlertState } from "../model/alert.ts";

export interface AlertTable {
  readonly id: string;
  readonly cause: string;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly asset: string | null;
  readonly zone: string | null;
  readonly rule: string | null;
  /** The cause whose standing would explain this one. */
  readonly site: string | null;
  readonly inhibited_by: string | null;
  /** 1 while there is something to tell that is held back. */
  readonly is_held: number;
  readonly raised_at: number;
  readonly cleared_at: number | null;
  /** Grows with every change of any alert, in the order of commits. */
  readonly revision: number;
  /** When time alone changes it next: escalation, end of flapping, end by itself. */
  readonly due_at: number | null;
  /** JSON of an `AlertRecord`. */
  readonly body: string;
}

/** One row for each cause that was ever heard of lately. */
export interface AlertCauseTable {
  readonly cause: string;
  /** The newest alert of this cause. */
  readonly alert: string | null;
  /** Event time of its newest end; 0 when it never ended. */
  readonly cleared_at: number;
  readonly flap_score: number;
  readonly flap_at: number;
  /** When it was last heard of; the row is forgotten long after. */
  readonly heard_at: number;
}

/** Which events an alert was made of. It also keeps an event from counting twice. */
export interface AlertEventTable {
  readonly cause: string;
  readonly event: string;
  readonly alert: string;
  readonly kind: "raise" | "clear";
  readonly at: number;
}

/** Counters that make writers stand in line: whoever adds one holds the row until the commit. */
export interface AlertCounterTable {
  readonly name: string;
  readonly value: number;
}

export interface SilenceTable {
  readonly id: string;
  readonly starts_at: number;
  readonly ends_at: number;
  readonly created_at: number;
  /** JSON of a `Silence`. */
  readonly body: string;
}

export interface ReceiverTable {
  readonly id: string;
  readonly version: number;
  readonly created_at: number;
  readonly updated_at: number;
  /** JSON of a `ReceiverInput`, secrets included. */
  readonly body: string;
}

/** One thing to tell one receiver of one alert. */
export interface NotificationTable {
  readonly id: string;
  /** Grows with each row: the order in which things are told. */
  readonly number: number;
  readonly receiver: string;
  /** Absent for a test. */
  readonly alert: string | null;
  readonly what: string;
  readonly at: number;
  readonly state: "waiting" | "sent" | "gave-up" | "dropped";
  readonly message: string | null;
  readonly ended_at: number | null;
  readonly detail: string | null;
  /** JSON of the `Alert` as it was then. */
  readonly facts: string;
}

/** What is sent at once; its id is the same at every try. */
export interface MessageTable {
  readonly id: string;
  readonly number: number;
  readonly receiver: string;
  readonly kind: "alerts" | "digest" | "test";
  readonly state: "open" | "sent" | "gave-up" | "dropped";
  readonly created_at: number;
  readonly next_at: number;
  readonly attempts: number;
  readonly ended_at: number | null;
  readonly failed_at: number | null;
  readonly detail: string | null;
}

/** Who does a job that one process at a time may do. */
export interface JobLeaseTable {
  readonly job: string;
  readonly holder: string;
  readonly expires_at: number;
}

export interface AlertTables {
  readonly alert: AlertTable;
  readonly alert_cause: AlertCauseTable;
  readonly alert_event: AlertEventTable;
  readonly alert_counter: AlertCounterTable;
  readonly silence: SilenceTable;
  readonly receiver: ReceiverTable;
  readonly notification: NotificationTable;
  readonly message: MessageTable;
  readonly job_lease: JobLeaseTable;
}
