// A day of 1,000 stations waits in an edge's outbox. How fast does it drain, and how late is a live
// report meanwhile, from the outbox to the API?

import { z } from "zod";
import { countRows, markerAsset, startDriver } from "./edge.ts";
import {
  atLeast,
  atMost,
  percentile,
  type Bench,
  type BenchContext,
  type Outcome,
} from "./figure.ts";
import { measureJourney } from "./journey.ts";
import { openRig, type Rig } from "./rig.ts";

export const backlogBench: Bench = { name: "backlog", run };

const stations = 1_000;
const everyMs = 500;
const pollMs = 20;
const drainMsMax = 300_000;

async function run({ isQuick, progress, profileDir }: BenchContext): Promise<readonly Outcome[]> {
  const each = isQuick ? 100 : 2_880;
  const total = stations * each;
  const short = { lanes: 8, warmUpSeconds: isQuick ? 0.5 : 3, seconds: isQuick ? 1 : 15 };
  const sustained = await measureJourney({ ...short, replicas: 1 }, progress);
  await using rig = await openRig({
    services: ["clickhouse", "ingest", "history", "api"],
    profileDir,
  });
  await using driver = await startDriver(rig);
  await driver.ask({ kind: "fill", stations, each });
  progress(`${total} reports wait`);
  const token = await rig.token({ role: "viewer", label: "bench" });
  const seen = new Map<number, number>();
  const done = new AbortController();
  const watching = watchApi(rig, token, seen, done.signal);
  const startedMs = performance.now();
  await driver.ask({ kind: "drain", everyMs });
  const rowsWanted = total;
  const deadlineMs = startedMs + drainMsMax;
  let told = 0;
  for (;;) {
    const found = await Promise.race([countRows(rig), rig.died]);
    if (found >= rowsWanted) break;
    if (performance.now() > deadlineMs) throw new Error(`backlog: ${found} rows of ${rowsWanted}`);
    if (found - told > total / 5) progress(`${(told = found)} rows`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const { markers } = await driver.ask({ kind: "status" });
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  done.abort();
  await watching;
  return figuresOf({
    total,
    seconds,
    sustained: sustained.perSecond,
    lateMs: lateness(markers, seen),
  });
}

/** Of each marker: until the API gave it or a later one. One that never came is infinitely late. */
function lateness(
  markers: readonly (readonly [at: number, acceptedAt: number])[],
  seen: ReadonlyMap<number, number>,
): readonly number[] {
  const sights = [...seen].toSorted(([a], [b]) => a - b);
  return markers.map(([at, acceptedAt]) => {
    const sight = sights.find(([seenAt]) => seenAt >= at);
    return sight === undefined ? Number.POSITIVE_INFINITY : Math.max(0, sight[1] - acceptedAt);
  });
}

interface Drained {
  readonly total: number;
  readonly seconds: number;
  readonly sustained: number;
  readonly lateMs: readonly number[];
}

function figuresOf({ total, seconds, sustained, lateMs }: Drained): readonly Outcome[] {
  const perSecond = total / seconds;
  const latest = Math.max(...lateMs) / 1_000;
  return [
    {
      name: "a day of 1,000 stations drains from the outbox to rows",
      value: perSecond,
      unit: "reports/s",
      beside: { "sustained rate, ready-made aircraft lines": sustained },
      goal: atLeast(perSecond / sustained, 0.7, "≥ 0.7 of the sustained rate"),
      note: `${total.toLocaleString("en")} reports in ${seconds.toFixed(1)} s, read from the outbox's segments`,
    },
    {
      name: "a live report meanwhile, outbox to API, the slowest",
      value: latest,
      unit: "s",
      beside: { "a queue first in, first out: the whole drain": seconds },
      goal: atMost(latest, 2, "< 2 s"),
      note: `${lateMs.length} reports, one each ${everyMs} ms, p50 ${percentile(lateMs, 50).toFixed(0)} ms; asked every ${pollMs} ms; FIFO by arithmetic`,
    },
  ];
}

const Asset = z.looseObject({ at: z.number() });

async function watchApi(
  rig: Rig,
  token: string,
  seen: Map<number, number>,
  signal: AbortSignal,
): Promise<void> {
  const url = `${rig.urlsOf("api")[0] ?? ""}/v1/assets/${markerAsset}`;
  while (!signal.aborted) {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const text = await response.text();
    if (response.ok) {
      const { at } = Asset.parse(JSON.parse(text));
      if (!seen.has(at)) seen.set(at, Date.now());
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
