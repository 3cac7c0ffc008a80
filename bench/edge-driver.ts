// A real edge, outbox and uplink, as a process that does what it is told: `edge-driver.ts <JSON of
// DriverOptions>`. What it is given to report comes from a table made beforehand.

import type { Report } from "@drover/core/model/report";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { readConfig, toEdgeConfig } from "../services/edge/config.ts";
import { startEdge, type Edge } from "../services/edge/edge.ts";
import { createEdgeEvents } from "../services/edge/events.ts";
import { nodeFileSystem } from "../services/edge/outbox/node-file-system.ts";
import { openOutbox } from "../services/edge/outbox/outbox.ts";
import { createShapes } from "@drover/core/fleet/shapes";
import { createCircles } from "./aircraft.ts";
import { markerAsset, type DriverAnswer, type DriverOptions, type DriverOrder } from "./edge.ts";

const tickMs = 10;
const table = 100_000;
const floodBacklogMax = 40_000;
const batch = 500;

const options: DriverOptions = JSON.parse(process.argv[2] ?? "{}");
const config = toEdgeConfig(
  readConfig({
    DROVER_DATA: options.dataDir,
    DROVER_EDGE: options.edge,
    DROVER_TOKEN: options.token,
    DROVER_REGIONS: `bench=${options.url}`,
  }),
);
const events = createEdgeEvents({ log: silentLog, metrics: createMetrics({ service: "edge" }) });
const deps = { clock: systemClock, fileSystem: nodeFileSystem, events, sources: [] };
let edge: Edge | undefined;
let reports: readonly Report[] = [];
let next = 0;

const open = async (): Promise<Edge> => (edge ??= await startEdge(config, deps));

/** The next of the table, said to happen now. */
function take(count: number, at: number): Report[] {
  if (reports.length === 0) {
    reports = createCircles({ aircraft: table / 10, rounds: 10, startAt: at });
  }
  return Array.from({ length: count }, () => {
    const report = reports[next++ % reports.length];
    if (report === undefined) throw new Error("driver: no reports");
    return { ...report, at };
  });
}

const markerAt = (at: number, n: number): Report => ({
  asset: markerAsset,
  kind: "marker",
  at,
  measurements: { n },
  source: "bench",
});

async function pace(perSecond: number, seconds: number): Promise<Partial<DriverAnswer>> {
  const { outbox } = await open();
  take(1, Date.now());
  const markers: [number, number][] = [];
  const appends: Promise<void>[] = [];
  const startedMs = performance.now();
  let given = 0;
  for (let tick = 1; tick * tickMs <= seconds * 1_000; tick++) {
    const leftMs = startedMs + tick * tickMs - performance.now();
    // Late ticks are made up for at once: the load does not wait for the system under it.
    if (leftMs > 0) await systemClock.sleep(leftMs);
    const due = Math.round((tick * tickMs * perSecond) / 1_000) - given;
    given += due;
    // Two late ticks may share a millisecond; markers must not.
    const at = Math.max(Date.now(), (markers.at(-1)?.[0] ?? 0) + 1);
    const marker: [number, number] = [at, 0];
    markers.push(marker);
    appends.push(
      outbox.append([...take(due - 1, at), markerAt(at, markers.length)]).then(() => {
        marker[1] = Date.now();
      }),
    );
  }
  await Promise.all(appends);
  return { reports: given, markers };
}

async function flood(seconds: number): Promise<Partial<DriverAnswer>> {
  const { outbox } = await open();
  take(1, Date.now());
  const startedMs = performance.now();
  let given = 0;
  while (performance.now() - startedMs < seconds * 1_000) {
    if (backlog() > floodBacklogMax) {
      await systemClock.sleep(2);
      continue;
    }
    const at = Date.now();
    await Promise.all([1, 2, 3, 4].map(() => outbox.append(take(batch, at))));
    given += 4 * batch;
  }
  return { reports: given };
}

async function fill(stations: number, each: number): Promise<Partial<DriverAnswer>> {
  const intervalMs = 86_400_000 / each;
  const startAt = Date.now() - 86_400_000;
  const shapes = createShapes({ shape: "sensor", assets: stations, startAt, intervalMs, seed: 1 });
  await using outbox = await openOutbox(config.outbox, { ...deps, events: events.outbox });
  const total = stations * each;
  while (shapes.taken() < total) {
    const left = total - shapes.taken();
    const groups = Array.from({ length: 8 }, () => shapes.take(Math.min(batch, left / 8)));
    await Promise.all(groups.map((group) => outbox.append(group)));
  }
  return { reports: total };
}

const drained: [number, number][] = [];

async function drain(everyMs: number): Promise<Partial<DriverAnswer>> {
  const { outbox } = await open();
  const reportLive = async () => {
    const at = Date.now();
    await outbox.append([markerAt(at, drained.length + 1)]);
    drained.push([at, Date.now()]);
  };
  const timer = setInterval(() => void reportLive(), everyMs);
  timer.unref();
  return { reports: backlog() };
}

function backlog(): number {
  const regions = Object.values(edge?.outbox.status().regions ?? {});
  return regions.reduce((sum, { reports }) => sum + reports, 0);
}

async function follow(order: DriverOrder): Promise<DriverAnswer> {
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  const done = await obey(order);
  const { user, system } = process.cpuUsage(cpu);
  return {
    reports: 0,
    markers: order.kind === "status" ? drained : [],
    ...done,
    backlog: backlog(),
    seconds: (performance.now() - startedMs) / 1_000,
    cpuSeconds: (user + system) / 1e6,
  };
}

function obey(order: DriverOrder): Promise<Partial<DriverAnswer>> {
  switch (order.kind) {
    case "pace":
      return pace(order.perSecond, order.seconds);
    case "flood":
      return flood(order.seconds);
    case "fill":
      return fill(order.stations, order.each);
    case "drain":
      return drain(order.everyMs);
    case "status":
      return Promise.resolve({});
  }
}

process.on("message", (order: DriverOrder) => {
  void follow(order).then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
