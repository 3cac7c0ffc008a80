import { faultOfReport } from "@drover/core/model/codec";
import type { Report } from "@drover/core/model/report";
import { createBackoff } from "@drover/core/service/backoff";
import type { Clock } from "@drover/core/service/clock";
import type { EdgeEvents } from "./events.ts";
import type { Emit, Source } from "./sources/source.ts";

export interface SupervisedDeps {
  readonly clock: Clock;
  readonly events: EdgeEvents;
  /** Makes reports durable. */
  append(reports: readonly Report[]): Promise<void>;
}

const RESTART_MS = { min: 1_000, max: 60_000 } as const;

/**
 * Runs a source until it has finished or the signal aborts. One that fails is started again, later
 * each time, whatever it says of its chances: a file may appear and credentials may be mended.
 */
export async function superviseSource(
  source: Source,
  deps: SupervisedDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, events } = deps;
  const backoff = createBackoff({ minMs: RESTART_MS.min, maxMs: RESTART_MS.max }, deps);
  const emit: Emit = async (reports) => {
    const good = withoutFaults(source.name, reports, events);
    if (good.length === 0) return;
    await deps.append(good);
    backoff.reset();
  };
  while (!signal.aborted) {
    try {
      await source.run(emit, signal);
      if (!signal.aborted) events.sourceFinished(source.name);
      return;
    } catch (error) {
      if (signal.aborted) return;
      events.sourceFailed(source.name, error);
      const waitMs = Math.max(RESTART_MS.min, backoff.nextDelayMs());
      await clock.sleep(waitMs, signal).catch(() => {});
    }
  }
}

/** The same array when all is well, which is nearly always. */
function withoutFaults(
  source: string,
  reports: readonly Report[],
  events: EdgeEvents,
): readonly Report[] {
  let good: Report[] | undefined;
  for (const [index, report] of reports.entries()) {
    const fault = faultOfReport({ ...report });
    if (fault === undefined) {
      good?.push(report);
      continue;
    }
    good ??= reports.slice(0, index);
    events.refused(source, fault.reason, fault.detail);
  }
  return good ?? reports;
}
