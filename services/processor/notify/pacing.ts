// When a receiver is told what waits for it; a decision without I/O. What comes close together goes into
// one message. A receiver has a budget of messages an hour; beyond it what waits goes into a digest, one
// every `digestEveryMs`, so that an alarm among many is late and not lost.

import type { Receiver } from "@drover/core/model/receiver";
import type { ReceiverLoad, TakeOptions } from "@drover/core/records/notifications";

export const digestEveryMs = 15 * 60_000;
/** Things told in one message; what is beyond goes into the next. */
const ITEMS_MAX = 100;
const DIGEST_ITEMS_MAX = 1_000;

/** What to take now; undefined when it is not yet time, or nothing waits. */
export function nextTake(
  receiver: Pick<Receiver, "groupWaitMs" | "groupIntervalMs" | "budgetPerHour" | "channel">,
  load: ReceiverLoad,
  nowMs: number,
): TakeOptions | undefined {
  if (load.waitingSince === undefined || load.waiting === 0 || load.open !== undefined) return;
  const isPagerduty = receiver.channel.kind === "pagerduty";
  // PagerDuty groups by itself, and wants to know of each alert.
  const intervalMs = isPagerduty ? 0 : receiver.groupIntervalMs;
  const lastMs = load.lastMessageAt ?? Number.NEGATIVE_INFINITY;
  if (nowMs < Math.max(load.waitingSince + receiver.groupWaitMs, lastMs + intervalMs)) return;
  const isWithinBudget = load.lastHour < receiver.budgetPerHour;
  if (isWithinBudget) return { kind: "alerts", itemsMax: isPagerduty ? 1 : ITEMS_MAX };
  const lastDigestMs = load.lastDigestAt ?? lastMs;
  if (nowMs >= lastDigestMs + digestEveryMs) {
    const what = isPagerduty ? ({ what: ["raised", "escalated", "repeated"] } as const) : {};
    return { kind: "digest", itemsMax: DIGEST_ITEMS_MAX, ...what };
  }
  // An incident that is open there must not stay open for want of budget.
  if (isPagerduty) return { kind: "alerts", itemsMax: 1, what: ["acknowledged", "cleared"] };
  return undefined;
}

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 5 * 60_000;

/** When a failed message is tried again: as the receiver asks, else later each time, with jitter. */
export function nextTryAt(
  {
    attempts,
    retryAfterMs,
  }: { readonly attempts: number; readonly retryAfterMs?: number | undefined },
  random: number,
  nowMs: number,
): number {
  const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(attempts, 20));
  // Half of it is certain, so that a receiver that is down is not hammered by chance.
  const waitMs = Math.round(ceilingMs / 2 + (random * ceilingMs) / 2);
  return nowMs + Math.max(waitMs, retryAfterMs ?? 0);
}

/** A message is given up when what it tells is older than the receiver wants to wait, after a try. */
export function isToBeGivenUp(
  receiver: Pick<Receiver, "giveUpMs">,
  message: { readonly waitingSince: number },
  nowMs: number,
): boolean {
  return nowMs - message.waitingSince >= receiver.giveUpMs;
}
