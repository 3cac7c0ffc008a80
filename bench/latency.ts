// How long a report takes from the outbox's acceptance until it is a row that a query finds, at a
// paced load. A marker goes with every tick of the load, 100 a second; the table of reports is asked
// for markers behind every commit. The clocks are one machine's.

import { countRows, markerAsset, startDriver, type Driver } from "./edge.ts";
import { atMost, percentile, type Bench, type BenchContext, type Outcome } from "./figure.ts";
import { partitionOf } from "@drover/core/stream/partition";
import { openRig, type Rig } from "./rig.ts";

export const latencyBench: Bench = { name: "latency", run };

const historyGroup = "history";
const lookMs = 4;
const settleMs = 20;
const settleMsMax = 30_000;

async function run({ isQuick, progress, profileDir }: BenchContext): Promise<readonly Outcome[]> {
  const seconds = isQuick ? 2 : 20;
  await using rig = await openRig({ services: ["clickhouse", "ingest", "history"], profileDir });
  await using driver = await startDriver(rig);
  await pacedLatency(rig, driver, { perSecond: 20_000, seconds: isQuick ? 1 : 5 });
  progress("warmed up");
  const calm = await pacedLatency(rig, driver, { perSecond: 20_000, seconds });
  progress(`20,000/s: p99 ${percentile(calm, 99).toFixed(0)} ms`);
  const most = await maximum(rig, driver, isQuick ? 2 : 10);
  progress(`at most ${Math.round(most)}/s from the outbox`);
  const perSecond = Math.round(most * 0.8);
  const busy = await pacedLatency(rig, driver, { perSecond, seconds });
  progress(`${perSecond}/s: p99 ${percentile(busy, 99).toFixed(0)} ms`);
  const most1000 = `${Math.round(most).toLocaleString("en")}/s`;
  return [
    ...figuresOf("20,000 reports/s", calm, [100, 200]),
    ...figuresOf(
      `${perSecond.toLocaleString("en")} reports/s, 80 % of ${most1000}`,
      busy,
      [300, 500],
    ),
  ];
}

function figuresOf(load: string, ms: readonly number[], goals: [number, number]): Outcome[] {
  const p50 = percentile(ms, 50).toFixed(0);
  const note =
    `p50 ${p50} ms; outbox accepted → the first query asked that finds the row, ${ms.length} markers; ` +
    "the maximum is the same edge's, its outbox included";
  return ([95, 99] as const).map((p, place) => {
    const value = percentile(ms, p);
    const most = goals[place] ?? 0;
    const goal = atMost(value, most, `< ${most} ms`);
    return { name: `edge → commit latency at ${load}, p${p}`, value, unit: "ms", goal, note };
  });
}

/** Latency of each marker, ms. @throws when one does not arrive. */
async function pacedLatency(
  rig: Rig,
  driver: Driver,
  load: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly number[]> {
  const seen = new Map<number, number>();
  const since = Date.now();
  const done = new AbortController();
  const watching = watch(rig, since, seen, done.signal);
  const pacing = Promise.race([driver.ask({ kind: "pace", ...load }), rig.died]);
  const { markers } = await pacing.catch((error: unknown) => {
    done.abort();
    throw error;
  });
  const deadlineMs = performance.now() + settleMsMax;
  while (seen.size < markers.length && performance.now() < deadlineMs) {
    await new Promise((resolve) => setTimeout(resolve, settleMs));
  }
  done.abort();
  await watching;
  if (seen.size !== markers.length) {
    throw new Error(`latency: ${seen.size} of ${markers.length} markers arrived`);
  }
  return markers.map(([at, acceptedAt]) => (seen.get(at) ?? Number.NaN) - acceptedAt);
}

/**
 * Notes when each marker was there first: when the first question was asked whose answer has it.
 * Questions follow commits, as the history processor writes them down behind each insert; they are
 * found by looking every few milliseconds, which is cheap.
 */
async function watch(
  rig: Rig,
  since: number,
  seen: Map<number, number>,
  signal: AbortSignal,
): Promise<void> {
  await using stream = await rig.openStream();
  const partition = partitionOf(markerAsset, stream.partitions);
  let committed = -1;
  /** Every marker up to this number was found; `at` is that one's. Markers overtake one another. */
  let whole = { n: 0, at: since };
  const times = new Map<number, number>();
  while (!signal.aborted) {
    const { perPartition } = await stream.lag(historyGroup);
    const now = perPartition[partition]?.committed ?? 0;
    if (now !== committed) {
      committed = now;
      const askedAt = Date.now();
      for (const { n, t } of await markersFrom(rig, whole.at)) {
        times.set(n, t);
        if (!seen.has(t)) seen.set(t, askedAt);
      }
      for (let at = times.get(whole.n + 1); at !== undefined; at = times.get(whole.n + 1)) {
        times.delete(whole.n + 1);
        whole = { n: whole.n + 1, at };
      }
    }
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** Numbers and times of the markers from a time on. */
function markersFrom(rig: Rig, at: number): Promise<readonly { n: number; t: number }[]> {
  return rig.history.rows(
    `SELECT toFloat64(measurements['n']) AS n, toFloat64(toUnixTimestamp64Milli(at)) AS t FROM reports
     WHERE asset = '${markerAsset}' AND at >= fromUnixTimestamp64Milli(${at})`,
  );
}

/** Reports a second from the outbox to rows, when it is given as many as it takes. */
async function maximum(rig: Rig, driver: Driver, seconds: number): Promise<number> {
  const rowsBefore = await countRows(rig);
  const startedMs = performance.now();
  const { reports } = await Promise.race([driver.ask({ kind: "flood", seconds }), rig.died]);
  const deadlineMs = performance.now() + settleMsMax;
  while ((await countRows(rig)) < rowsBefore + reports) {
    if (performance.now() > deadlineMs) throw new Error("latency: rows are missing");
    await new Promise((resolve) => setTimeout(resolve, settleMs));
  }
  return (reports * 1_000) / (performance.now() - startedMs);
}
