import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseLink } from "@drover/core/model/link";
import type { Report } from "@drover/core/model/report";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { createIngestDouble, type IngestDouble } from "../../test/doubles/ingest.ts";
import { readConfig, toEdgeConfig } from "./config.ts";
import { startEdge } from "./edge.ts";
import { createEdgeEvents } from "./events.ts";
import { FolderInUseError } from "./outbox/folder-lock.ts";
import { nodeFileSystem } from "./outbox/node-file-system.ts";
import { reportOf } from "./outbox/testing.ts";
import { registerEdgeMetrics, statusOf } from "./routes.ts";
import type { Emit, Source } from "./sources/source.ts";

/** A source that hands over what the test tells it to. */
function createHandSource(name = "hand") {
  const started = Promise.withResolvers<Emit>();
  let failures = 0;
  const source: Source & { failOnce(): void } = {
    name,
    failOnce: () => void (failures += 1),
    async run(emit, signal) {
      if (failures > 0) {
        failures -= 1;
        throw new Error("as asked");
      }
      started.resolve(emit);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
    status: () => ({
      name,
      kind: "hand",
      state: "running",
      received: 0,
      emitted: 0,
      repeated: 0,
      refused: {},
    }),
    [Symbol.asyncDispose]: async () => {},
  };
  return { source, emit: async (reports: readonly Report[]) => (await started.promise)(reports) };
}

async function boot(
  regions: readonly IngestDouble[],
  env: Record<string, string> = {},
  change: { readonly idleMs?: number } = {},
) {
  const dataDir = await mkdtemp(join(tmpdir(), "edge-"));
  const { source, emit } = createHandSource();
  const metrics = createMetrics({ service: "edge" });
  const events = createEdgeEvents({ log: silentLog, metrics });
  const defaults = toEdgeConfig(
    readConfig({
      DROVER_DATA: dataDir,
      DROVER_EDGE: "edge-test",
      DROVER_REGIONS: regions.map(({ url }, index) => `r${index}=${url}`).join(","),
      DROVER_TOKEN: "good",
      ...env,
    }),
  );
  const quick = { backoffMs: { min: 10, max: 100 }, unreachableMsMax: 50 };
  const uplink = { ...defaults.uplink, ...quick, ...change };
  const config = { ...defaults, uplink };
  const deps = { clock: systemClock, events, fileSystem: nodeFileSystem, sources: [source] };
  const edge = await startEdge(config, deps);
  registerEdgeMetrics(metrics, edge, { edge: "edge-test", clock: systemClock });
  const stop = async () => {
    await edge.stopAccepting();
    await edge.drain();
    await edge.close();
  };
  return {
    edge,
    emit,
    config,
    deps,
    metrics,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const reports = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => reportOf(from + index));

function numbersAt(region: IngestDouble): number[] {
  const numbers = [...region.stored.values()].map(({ measurements }) => measurements?.["n"] ?? -1);
  return numbers.toSorted((a, b) => a - b);
}

/** The child process of this file, with everything that it says it made durable. */
async function bootChild(dataDir: string, region: IngestDouble, from: number) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("numbered-edge.ts", import.meta.url))],
    {
      env: {
        DROVER_DATA: dataDir,
        DROVER_EDGE: "edge-test",
        DROVER_REGIONS: `r0=${region.url}`,
        DROVER_TOKEN: "good",
        NUMBER_FROM: String(from),
      },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const durable: number[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => durable.push(Number(line)));
  const exited = once(lines, "close");
  return { child, durable, exited };
}

test("kill -9 in mid-run: what was durable arrives, each report once, without help", async () => {
  await using region = await createIngestDouble({ token: "good" });
  const dataDir = await mkdtemp(join(tmpdir(), "edge-"));
  const durable: number[] = [];
  let from = 0;
  for (const storedAtLeast of [300, 900]) {
    const run = await bootChild(dataDir, region, from);
    // Answers are lost too: what was committed is sent again by the next process.
    region.behave(() => (region.requests() % 3 === 0 ? { kind: "commit-then-cut" } : undefined));
    await region.until(() => region.stored.size >= storedAtLeast);
    run.child.kill("SIGKILL");
    await run.exited;
    durable.push(...run.durable);
    // Numbers that the killed process may have handed over are not used again.
    from = Math.max(...run.durable) + 1_000;
  }
  region.behave(() => undefined);
  const last = await bootChild(dataDir, region, from);
  await region.until(() => {
    const stored = new Set(numbersAt(region));
    return durable.every((number) => stored.has(number));
  });
  last.child.kill("SIGKILL");
  await last.exited;
  const stored = numbersAt(region);
  assert.equal(new Set(stored).size, stored.length, "no report has two identities");
  assert.ok(region.duplicates() > 0, "something was sent twice, and taken once");
  await rm(dataDir, { recursive: true, force: true });
});

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

test("what a source hands over is at every region, once, whatever the regions do", async () => {
  await using first = await createIngestDouble({ token: "good" });
  await using second = await createIngestDouble({ token: "good", linesMax: 40 });
  const faults = [
    { kind: "commit-then-cut" },
    { kind: "status", status: 503 },
    { kind: "cut" },
    { kind: "status", status: 429, retryAfterS: 0 },
    { kind: "wrong-count" },
    { kind: "commit-then-silence" },
  ] as const;
  let next = 0;
  first.behave(() => (next < faults.length ? faults[next++] : undefined));
  await using edge = await boot([first, second], { DROVER_UPLINK_TIMEOUT_MS: "150" });
  for (let from = 0; from < 300; from += 100) await edge.emit(reports(from, 100));
  await first.until(() => first.stored.size === 300);
  await second.until(() => second.stored.size === 300);
  assert.deepEqual(numbersAt(first), upTo(300));
  assert.deepEqual(numbersAt(second), upTo(300));
  assert.equal(next, faults.length);
});

test("a region that is down keeps nobody waiting and catches up, the present first", async () => {
  await using up = await createIngestDouble({ token: "good" });
  await using down = await createIngestDouble({ token: "good" });
  await down.stop();
  await using edge = await boot([up, down]);
  for (let from = 0; from < 3_000; from += 500) await edge.emit(reports(from, 500));
  await up.until(() => up.stored.size === 3_000);
  assert.equal(edge.edge.outbox.status().regions["r1"]?.reports, 3_000);
  await edge.emit(reports(3_000, 1));
  await down.restart();
  await down.until(() => down.stored.size === 3_001);
  assert.deepEqual(numbersAt(down), upTo(3_001));
  assert.equal(down.arrivals[0]?.lane, "live");
  // A probe may have been on its way when the newest report came.
  const arrived = down.arrivals.findIndex(({ seqs }) => seqs.includes(3_001));
  assert.ok(arrived <= 1, `the newest is in batch ${arrived} of ${down.arrivals.length}`);
  assert.equal(down.duplicates(), 0);
});

test("a report that is none is counted and keeps nothing from going", async () => {
  await using region = await createIngestDouble({ token: "good" });
  await using edge = await boot([region]);
  const [bad = reportOf(0)] = reports(1, 1);
  await edge.emit([reportOf(0), { ...bad, at: Number.NaN }, reportOf(2)]);
  await region.until(() => region.stored.size === 2);
  assert.deepEqual(numbersAt(region), [0, 2]);
  const text = await edge.metrics.expose();
  assert.match(text, /drover_edge_refused_total\{.*source="hand".*\} 1/);
});

test("a second process on the same folder is refused", async () => {
  await using region = await createIngestDouble({ token: "good" });
  await using edge = await boot([region]);
  await assert.rejects(startEdge(edge.config, edge.deps), FolderInUseError);
});

test("status and metrics tell the backlog of each region", async () => {
  await using region = await createIngestDouble({ token: "good" });
  await region.stop();
  await using edge = await boot([region]);
  await edge.emit(reports(0, 25));
  const status = statusOf(edge.edge, { edge: "edge-test", clock: systemClock });
  assert.equal(status.regions[0]?.backlog.reports, 25);
  assert.ok(status.regions[0].backlog.bytes > 0);
  assert.equal(status.sources[0]?.name, "hand");
  const text = await edge.metrics.expose();
  assert.match(text, /drover_outbox_backlog_reports\{.*region="r0".*\} 25/);
});

test("an edge tells a region what it holds for it, and greets when it holds nothing", async () => {
  await using region = await createIngestDouble({ token: "good" });
  await region.stop();
  await using edge = await boot([region], {}, { idleMs: 50 });
  await edge.emit(reports(0, 25));
  await region.restart();
  await region.until(() => region.stored.size === 25);
  const told = region.links.map(parseLink);
  assert.equal(told[0]?.reports, 25);
  assert.ok((told[0]?.bytes ?? 0) > 0 && (told[0]?.oldestAt ?? 0) > 0);
  const before = region.requests();
  await region.until(() => region.requests() >= before + 2);
  assert.equal(region.stored.size, 25);
  assert.equal(region.links.length, 1, "it says so every few seconds at most");
});
