// Tells what a rule or a zone would have found in what is stored, before it is saved. The judging is
// the watch's own; only the reports come from history instead of the stream.

import { setImmediate } from "node:timers/promises";
import type { Rule, RuleInput } from "@drover/core/model/rule";
import type { Zone, ZoneInput } from "@drover/core/model/zone";
import type { Clock } from "@drover/core/service/clock";
import { createSemaphore, LimitError } from "@drover/core/service/limits";
import { unavailable } from "@drover/core/service/problem";
import type { HistoryReader } from "../history-reader.ts";
import type { Emit, Judge } from "./judge.ts";
import { createRuleJudge } from "./rule-judge.ts";
import { type Ask, fitRange, storedReports, type StoredRange } from "./stored-reports.ts";
import { createZoneJudge } from "./zone-judge.ts";

export interface DryRunConfig {
  /** Reports judged at most; a range with more is begun later. */
  readonly rowsMax: number;
  /** Longest time of one run; then it tells what it has judged. */
  readonly runMsMax: number;
  /** Reports asked for at once. */
  readonly pageRows: number;
  /** Runs at once; a few more wait (block), then reject. */
  readonly runningMax: number;
}

export const dryRunDefaults: DryRunConfig = {
  rowsMax: 1_000_000,
  runMsMax: 25_000,
  pageRows: 10_000,
  runningMax: 2,
};

/** Why not everything was judged. */
export interface Cut {
  readonly by: "rows" | "time";
  /** Reports, or milliseconds. */
  readonly limit: number;
  /** The range was begun later: here, epoch ms. */
  readonly from?: number;
  /** Assets are judged in the order of their ids: they were up to this one. */
  readonly throughAsset?: string;
}

export interface DryRunResult {
  /** What was judged, epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly cut: readonly Cut[];
  readonly rows: number;
  readonly assets: number;
}

export interface Range {
  readonly from: number;
  readonly to: number;
}

export interface DryRun {
  /** `zones` are those that there are; the rule must be without faults. */
  rule(trial: { rule: RuleInput; zones: readonly Zone[] } & Trial): Promise<DryRunResult>;
  zone(trial: { zone: ZoneInput } & Trial): Promise<DryRunResult>;
}

interface Trial {
  readonly range: Range;
  readonly emit: Emit;
  readonly signal: AbortSignal;
}

const REPORTS_AT_ONCE = 1_000;
const WAITING_MAX = 4;
const RETRY_MS = 5_000;

export function createDryRun(
  config: DryRunConfig,
  deps: { readonly reader: HistoryReader; readonly clock: Pick<Clock, "now"> },
): DryRun {
  const { reader, clock } = deps;
  const semaphore = createSemaphore({
    name: "dry runs",
    permits: config.runningMax,
    waitersMax: WAITING_MAX,
  });

  async function run(
    wanted: StoredRange,
    judge: Judge,
    signal: AbortSignal,
  ): Promise<DryRunResult> {
    using _permit = await acquire(signal);
    const untilMs = clock.now() + config.runMsMax;
    const ask: Ask = (question) => reader.ask(signal, question);
    const { rowsMax, runMsMax } = config;
    const range = await fitRange(ask, wanted, rowsMax);
    const { from, to } = range;
    const cut: Cut[] = [];
    if (from > wanted.from) cut.push({ by: "rows", limit: rowsMax, from });
    let rows = 0;
    let assets = 0;
    let asset = "";
    for await (const page of storedReports(ask, range, config.pageRows)) {
      for (const [index, report] of page.entries()) {
        // The live feed goes on meanwhile.
        if (index % REPORTS_AT_ONCE === 0) await setImmediate();
        judge.take(report);
        if (report.asset !== asset) assets += 1;
        asset = report.asset;
      }
      rows += page.length;
      if (clock.now() >= untilMs) {
        cut.push({ by: "time", limit: runMsMax, throughAsset: asset });
      } else if (rows >= rowsMax + config.pageRows) {
        // One hour alone has more.
        cut.push({ by: "rows", limit: rowsMax, throughAsset: asset });
      } else continue;
      break;
    }
    judge.finish(cut.every(({ throughAsset }) => throughAsset === undefined));
    return { from, to, cut, rows, assets };
  }

  async function acquire(signal: AbortSignal) {
    try {
      return await semaphore.acquire(signal);
    } catch (error) {
      if (error instanceof LimitError) throw unavailable(error.message, RETRY_MS);
      throw error;
    }
  }

  return {
    rule({ rule, zones, range, emit, signal }) {
      const draft: Rule = { ...rule, id: draftId, version: 1, updatedAt: 0 };
      // As they are now, for the whole range: the question is how the rule would do from here on.
      const trial = { rule: draft, zones: zones.map(timeless), to: range.to };
      const wanted = { ...range, applies: rule.applies, withPosition: false };
      return run(wanted, createRuleJudge(trial, emit), signal);
    },
    zone({ zone, range, emit, signal }) {
      const draft = timeless({ ...zone, id: draftId, version: 1, validFrom: 0, isEnabled: true });
      const wanted = { ...range, applies: zone.applies, withPosition: true };
      return run(wanted, createZoneJudge(draft, emit), signal);
    },
  };
}

/** Stands for what is not saved. */
export const draftId = "dry-run";

function timeless(zone: Zone): Zone {
  const { validUntil: _until, ...rest } = zone;
  return { ...rest, validFrom: 0 };
}
