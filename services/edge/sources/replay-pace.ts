import type { Report } from "@drover/core/model/report";
import type { Clock } from "@drover/core/service/clock";

export interface PaceConfig {
  /** Recorded seconds in one second; `max` waits for nothing. */
  readonly speed: number | "max";
  /** Move times so that the first report is of now; intervals are kept, divided by the speed. */
  readonly isRetimed: boolean;
  /** A quiet stretch of the recording takes no longer than this, after the speed. */
  readonly quietMsMax: number;
  /** With `max` and moved times: the recorded time that becomes now. */
  readonly endAt?: number | undefined;
}

/** When a recorded report is due, and with which time. For one run through a file. */
export interface Pacer {
  /** `dueMs` is of the monotonic clock. */
  place(report: Report): { readonly report: Report; readonly dueMs: number };
}

/**
 * The first report is due at once and is of now. One that is older than the newest before it is
 * due at once, and keeps its distance in time: a late report, as it was.
 */
export function createPacer(config: PaceConfig, deps: { readonly clock: Clock }): Pacer {
  if (config.speed === "max" && config.isRetimed) return endingNow(config.endAt ?? 0, deps);
  const speed = config.speed === "max" ? Infinity : config.speed;
  let first: { readonly at: number; nowMs: number; monotonicMs: number } | undefined;
  let newestAt = -Infinity;

  return {
    place(report) {
      const { clock } = deps;
      first ??= { at: report.at, nowMs: clock.now(), monotonicMs: clock.monotonicMs() };
      const quietMs = (report.at - newestAt) / speed;
      if (Number.isFinite(quietMs) && quietMs > config.quietMsMax) {
        const cutMs = quietMs - config.quietMsMax;
        first.nowMs -= cutMs;
        first.monotonicMs -= cutMs;
      }
      newestAt = Math.max(newestAt, report.at);
      const sinceMs = (report.at - first.at) / speed;
      const dueMs = first.monotonicMs + sinceMs;
      if (!config.isRetimed) return { report, dueMs };
      return { report: { ...report, at: Math.round(first.nowMs + sinceMs) }, dueMs };
    },
  };
}

/** Everything is due at once and keeps its distances in time; the recording ends now. */
function endingNow(endAt: number, deps: { readonly clock: Clock }): Pacer {
  const dueMs = deps.clock.monotonicMs();
  const movedMs = deps.clock.now() - endAt;
  return { place: (report) => ({ report: { ...report, at: report.at + movedMs }, dueMs }) };
}
