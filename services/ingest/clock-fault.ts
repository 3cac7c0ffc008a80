import type { Fault } from "@drover/core/model/codec";

export interface ClockLimits {
  /** Events further ahead of the clock here are set aside, ms. */
  readonly clockAheadMs: number;
  /** Events further behind are set aside, ms. */
  readonly retentionMs: number;
}

/** Why an event's time cannot be taken here, or undefined when it can. Hot path. */
export function clockFault(at: number, nowMs: number, limits: ClockLimits): Fault | undefined {
  const aheadMs = at - nowMs;
  if (aheadMs <= limits.clockAheadMs && -aheadMs <= limits.retentionMs) return undefined;
  if (aheadMs > 0) {
    const limit = `the limit is ${limits.clockAheadMs}`;
    const detail = `at: ${at} is ${aheadMs} ms ahead of the clock here; ${limit}`;
    return { reason: "clock-ahead", detail };
  }
  const detail = `at: ${at} is ${-aheadMs} ms ago; the limit is ${limits.retentionMs}`;
  return { reason: "clock-behind", detail };
}
