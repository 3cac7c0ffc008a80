// The notifier: lets time pass for alerts and tells receivers of them. One process at a time does it,
// under a lease in the records.

import { createAlerts } from "@drover/core/records/alerts";
import { createJobLease } from "@drover/core/records/job-lease";
import { createNotifications } from "@drover/core/records/notifications";
import type { Records } from "@drover/core/records/open";
import { createReceivers } from "@drover/core/records/receivers";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import type { Metrics } from "@drover/core/service/metrics";
import { createNotifierEvents } from "./events.ts";
import { createPostman } from "./postman.ts";
import { createSend, type Send } from "./senders.ts";

export interface NotifierConfig {
  /** Names this process in the lease; another process has another name. */
  readonly holder: string;
  /** Whether receivers may be at private and loopback addresses. */
  readonly allowsPrivate: boolean;
  /** Where the console is, for links in messages; none without it. */
  readonly consoleUrl?: string | undefined;
}

export interface NotifierDeps {
  readonly records: Records;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** For tests; the channels' own when absent. */
  readonly send?: Send;
}

/** How often it looks for something to tell. */
const LOOK_MS = 250;
/** How often time passes for alerts, and the lease is renewed. */
const TEND_MS = 1_000;
const LEASE_MS = 10_000;
const SEND_TIMEOUT_MS = 15_000;
const FORGET_EVERY_MS = 3_600_000;
/** What was told is listed so long. */
const TOLD_KEEP_MS = 90 * 86_400_000;
/** And alerts that are over. */
const ALERTS_KEEP_MS = 365 * 86_400_000;

/** Works until the signal aborts; failures of receivers and of the store are retried, never thrown. */
export async function runNotifier(
  config: NotifierConfig,
  deps: NotifierDeps,
  signal: AbortSignal,
): Promise<void> {
  const { records, clock } = deps;
  const alerts = createAlerts(deps);
  const notifications = createNotifications(deps);
  const events = createNotifierEvents(deps);
  const { allowsPrivate, consoleUrl } = config;
  const nowMs = () => clock.now();
  const send = deps.send ?? createSend({ nowMs, allowsPrivate, consoleUrl });
  const postman = createPostman(
    { sendTimeoutMs: SEND_TIMEOUT_MS },
    { receivers: createReceivers(deps), notifications, send, clock, events },
  );
  const leaseConfig = { job: "notifier", holder: config.holder, ttlMs: LEASE_MS };
  const lease = createJobLease(leaseConfig, { records, clock });
  let isHolder = false;
  let tendAt = Number.NEGATIVE_INFINITY;
  let forgetAt = Number.NEGATIVE_INFINITY;

  async function turn(): Promise<void> {
    const isTime = clock.monotonicMs() >= tendAt;
    if (isTime) {
      tendAt = clock.monotonicMs() + TEND_MS;
      // Who cannot renew it may have lost it, and cannot write down what it sends.
      const held = await lease.hold().catch((error: unknown) => {
        events.failed(error);
        return false;
      });
      if (held !== isHolder) events.holds(held);
      isHolder = held;
    }
    if (!isHolder) return;
    if (isTime) await alerts.tend(clock.now());
    if (clock.monotonicMs() >= forgetAt) {
      forgetAt = clock.monotonicMs() + FORGET_EVERY_MS;
      await notifications.forgetBefore(clock.now() - TOLD_KEEP_MS);
      await alerts.forgetBefore(clock.now() - ALERTS_KEEP_MS);
    }
    await postman.look(signal);
  }

  while (!signal.aborted) {
    await turn().catch((error: unknown) => events.failed(error));
    await clock.sleep(LOOK_MS, signal).catch(() => {});
  }
  await postman.idle();
  if (isHolder) await lease.release().catch((error: unknown) => events.failed(error));
}
