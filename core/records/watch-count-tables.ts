/** How many assets of one partition a rule over a set counts. */
export interface WatchCountTable {
  readonly partition: number;
  readonly rule: string;
  /** Fencing token of the lease under which it was written. */
  readonly token: number;
  readonly inside: number;
  /** Event time of the report that changed the number, epoch ms. */
  readonly changed_at: number;
}

/** Where a rule over a set stands. */
export interface WatchVerdictTable {
  readonly rule: string;
  /** Fencing token of the judge's lease. */
  readonly token: number;
  /** As JSON: its state, and the events that brought it there last. */
  readonly body: string;
}
