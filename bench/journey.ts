// How many reports a second make the whole journey: the edge's sender → ingest → the stream on
// SQLite → the history processor → ClickHouse, every process as `drover up` starts it.

import { insertIntoChdb, toBlobs, toLineBodies } from "./bare.ts";
import { createCircles } from "./aircraft.ts";
import { startHelper } from "./child.ts";
import { atLeast, percentile, type Bench, type BenchContext, type Outcome } from "./figure.ts";
import { insertIntoInflux, insertIntoVictoria } from "./peers/line-protocol.ts";
import { appendToRedis } from "./peers/redis.ts";
import { findProgram } from "./peers/server.ts";
import type { SendAnswer, SendOrder, SenderOptions } from "./journey-sender.ts";
import { openRig, type Rig, type RigOptions } from "./rig.ts";

export const journeyBench: Bench = { name: "journey", run };

const lanes = 8;
const goalPerSecond = 250_000;

/** In turns, so that what else the machine does weighs on all alike; medians count. */
async function run(context: BenchContext): Promise<readonly Outcome[]> {
  const { isQuick, progress, profileDir } = context;
  const options = isQuick
    ? { lanes, warmUpSeconds: 0.5, seconds: 1 }
    : { lanes, warmUpSeconds: 5, seconds: 20 };
  const one: Journey[] = [];
  const peers: Peers[] = [];
  for (let round = 0; round < (isQuick ? 1 : 3); round++) {
    one.push(await measureJourney({ ...options, replicas: 1, profileDir }, progress));
    peers.push(await measurePeers(context));
  }
  const outcomes = [...figuresOf(one, peers)];
  for (const replicas of isQuick ? [2] : [2, 4]) {
    const journey = await measureJourney({ ...options, replicas }, progress);
    outcomes.push({
      name: `sustained reports/s, edge to ClickHouse, ${replicas} ingest processes`,
      value: journey.perSecond,
      unit: "reports/s",
      beside: { "1 ingest process": median(one.map(({ perSecond }) => perSecond)) },
      note: describe(journey),
    });
  }
  return outcomes;
}

type Peers = Readonly<Partial<Record<PeerName, number>>>;
type PeerName = "chDB with views" | "chDB without" | "Redis XADD" | "InfluxDB" | "VictoriaMetrics";

/** Each alone on the machine; absent where it is not installed. */
async function measurePeers({ isQuick, progress }: BenchContext): Promise<Peers> {
  const rows = isQuick ? 100_000 : 500_000;
  const longer = isQuick ? rows : 2 * rows;
  const all = createCircles({ aircraft: 10_000, rounds: longer / 10_000, startAt: yesterday() });
  const reports = all.slice(0, rows);
  const ways: Readonly<Record<PeerName, () => Promise<number>>> = {
    "chDB with views": async () => (await insertIntoChdb(reports, true)).perSecond,
    "chDB without": async () => (await insertIntoChdb(reports, false)).perSecond,
    "Redis XADD": () => appendToRedis(toBlobs(reports)),
    InfluxDB: () => insertIntoInflux(toLineBodies(reports, 500)),
    VictoriaMetrics: () => insertIntoVictoria(toLineBodies(all, 500)),
  };
  const programs: Partial<Record<string, string>> = {
    "Redis XADD": "redis-server",
    InfluxDB: "influxd",
    VictoriaMetrics: "victoria-metrics",
  };
  const found: Record<string, number> = {};
  for (const [name, measure] of Object.entries(ways)) {
    const program = programs[name];
    if (program !== undefined && findProgram(program) === undefined) continue;
    found[name] = await measure();
    progress(`${name} alone: ${Math.round(found[name])} reports/s`);
  }
  return found;
}

function figuresOf(journeys: readonly Journey[], peers: readonly Peers[]): readonly Outcome[] {
  const value = median(journeys.map(({ perSecond }) => perSecond));
  const [first] = journeys;
  const note = first === undefined ? "" : describe(first);
  const name = "sustained reports/s, edge to ClickHouse, 1 ingest process";
  const ratioTo = (peer: PeerName) =>
    median(
      journeys.map(({ perSecond }, round) => perSecond / (peers[round]?.[peer] ?? Number.NaN)),
    );
  const beside = (...names: readonly PeerName[]) =>
    Object.fromEntries(names.map((peer) => [peer, median(peers.map((found) => found[peer] ?? 0))]));
  const against = (peer: PeerName, least: number): Outcome => {
    if (peers.every((found) => found[peer] === undefined)) {
      return { name: `${name}, beside ${peer}`, couldNotRun: `${peer} is not installed` };
    }
    const goal = atLeast(ratioTo(peer), least, `≥ ${least} × ${peer}`);
    return {
      name: `${name}, beside ${peer}`,
      value,
      unit: "reports/s",
      beside: beside(peer),
      goal,
    };
  };
  return [
    {
      name,
      value,
      unit: "reports/s",
      beside: beside("chDB without", "Redis XADD"),
      goal: atLeast(value, goalPerSecond, "about 250,000/s"),
      note,
    },
    against("chDB with views", 0.5),
    against("InfluxDB", 4),
    against("VictoriaMetrics", 1.2),
  ];
}

function describe({ perSecondViewed, reports, repeats, load }: Journey): string {
  const cores = Object.entries(load).map(([name, cores]) => `${name} ${cores.toFixed(2)}`);
  return (
    `batches of 500, ${lanes} in flight, SQLite WAL with synchronous=FULL, checkpointed history; ` +
    `${reports} sent = rows = different numbers, ${repeats} requests repeated; through all views ` +
    `${Math.round(perSecondViewed)}/s; cores used: ${cores.join(", ")}`
  );
}

const median = (values: readonly number[]) => percentile(values, 50);
const dayMs = 86_400_000;
const yesterday = () => Math.floor(Date.now() / dayMs - 1) * dayMs;

export interface JourneyOptions {
  readonly replicas: number;
  readonly lanes: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly profileDir?: string | undefined;
  /** Environment added to services, by their name. */
  readonly env?: RigOptions["env"];
}

export interface Journey {
  /** From the first report sent until the last one is a row. */
  readonly perSecond: number;
  /** The same, until the last one is through the views. */
  readonly perSecondViewed: number;
  readonly reports: number;
  readonly repeats: number;
  /** Processor seconds of each process, for a second of the measurement. */
  readonly load: Readonly<Record<string, number>>;
}

const edge = "bench";
const pollMs = 50;
const drainMsMax = 120_000;

/** @throws when a row is missing or one too many. */
export async function measureJourney(
  options: JourneyOptions,
  progress: (text: string) => void,
): Promise<Journey> {
  const { replicas, profileDir } = options;
  await using rig = await openRig({
    services: ["clickhouse", "ingest", "history"],
    ingestReplicas: replicas,
    profileDir,
    ...(options.env && { env: options.env }),
  });
  const token = await rig.token({ role: "edge", edge, label: "bench" });
  const execArgv =
    profileDir === undefined
      ? []
      : ["--cpu-prof", `--cpu-prof-dir=${profileDir}`, "--cpu-prof-name=sender.cpuprofile"];
  const senderOptions: SenderOptions = {
    urls: rig.urlsOf("ingest"),
    token,
    edge,
    lanes: options.lanes,
    batch: 500,
    aircraft: 10_000,
    rounds: 40,
    startAt: yesterday(),
  };
  await using sender = await startHelper<SendOrder, SendAnswer>(
    "journey-sender.ts",
    senderOptions,
    execArgv,
  );
  const send = async (seconds: number, before: number) => {
    const startedMs = performance.now();
    const sent = await Promise.race([sender.ask({ seconds }), rig.died]);
    const total = before + sent.reports;
    await untilCounted(rig, total, countRows);
    const storedMs = performance.now() - startedMs;
    await untilCounted(rig, total, countViewed);
    const viewedMs = performance.now() - startedMs;
    return { sent, total, storedMs, viewedMs };
  };
  const warm = await send(options.warmUpSeconds, 0);
  progress(`${replicas} ingest: warmed up with ${warm.total} reports`);
  const before = rig.cpuSeconds();
  const { sent, total, storedMs, viewedMs } = await send(options.seconds, warm.total);
  const after = rig.cpuSeconds();
  await assertNothingElse(rig, total);
  const load: Record<string, number> = { sender: sent.cpuSeconds / (viewedMs / 1_000) };
  for (const [name, seconds] of Object.entries(after)) {
    load[name] = (seconds - (before[name] ?? 0)) / (viewedMs / 1_000);
  }
  const perSecond = (sent.reports * 1_000) / storedMs;
  const perSecondViewed = (sent.reports * 1_000) / viewedMs;
  progress(
    `${replicas} ingest: ${Math.round(perSecond)} reports/s (${Math.round(perSecondViewed)} ` +
      `through the views), accepted ${Math.round(sent.reports / sent.seconds)}/s`,
  );
  return { perSecond, perSecondViewed, reports: total, repeats: sent.repeats, load };
}

const countRows = "SELECT toFloat64(count()) AS n FROM reports";
const countViewed = "SELECT toFloat64(sum(reports)) AS n FROM motion WHERE step = 86400";

async function count(rig: Rig, select: string): Promise<number> {
  const [row] = await rig.history.rows<{ n: number }>(select);
  return row?.n ?? 0;
}

/** @throws when there are more, or when they do not come. */
async function untilCounted(rig: Rig, wanted: number, select: string): Promise<void> {
  const deadlineMs = performance.now() + drainMsMax;
  for (;;) {
    const found = await Promise.race([count(rig, select), rig.died]);
    if (found === wanted) return;
    if (found > wanted) throw new Error(`journey: ${found} rows of ${wanted} reports`);
    if (performance.now() > deadlineMs) {
      throw new Error(`journey: ${found} rows of ${wanted} after ${drainMsMax} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** As many different numbers as rows, and nothing set aside. */
async function assertNothingElse(rig: Rig, wanted: number): Promise<void> {
  const distinct = await count(rig, "SELECT toFloat64(uniqExact(seq)) AS n FROM reports");
  const aside = await count(rig, "SELECT toFloat64(count()) AS n FROM quarantine");
  const suspect = await count(rig, "SELECT toFloat64(countIf(suspect)) AS n FROM reports");
  if (distinct !== wanted || aside !== 0 || suspect !== 0) {
    throw new Error(
      `journey: ${distinct} different of ${wanted}, ${aside} aside, ${suspect} suspect`,
    );
  }
}
