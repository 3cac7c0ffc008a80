// The conservation oracle: whatever breaks, every report that an outbox acknowledged becomes exactly
// one row, equal to what was sent, and no row stands that nobody sent.
//
// A seeded fleet of real edges behind flaky links feeds a real Drover, while every kind of process
// is killed in turn, links are cut, answers are lost after the work was done, requests are delivered
// twice and out of order, a day's backlog arrives at once, a disk is full and a clock jumps.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import platform from "../drover.config.ts";
import { boot, waitFor, type Drover } from "./boot.ts";
import { openField, type Field, type FieldOptions } from "./oracle/field.ts";
import { calm } from "./oracle/flaky-link.ts";
import { createLedger, numberMetric, type Finding, type Ledger } from "./oracle/ledger.ts";
import { createRandom } from "./oracle/random.ts";
import { readRows } from "./oracle/rows.ts";

const reportsWanted = Number(process.env["DROVER_ORACLE_REPORTS"] ?? 200_000);
const seed = Number(process.env["DROVER_ORACLE_SEED"] ?? 1);
const dayMs = 86_400_000;
const flaky = { loseAnswer: 0.08, repeat: 0.08, loseRequest: 0.05, delay: 0.2 };
const clockJump = fileURLToPath(new URL("oracle/clock-jump.ts", import.meta.url));
const pushSize = 250;

test("whatever breaks, each acknowledged report is one row", { timeout: 280_000 }, async (t) => {
  const random = createRandom(seed);
  const ledger = createLedger();
  await using drover = await boot({ options: ["--no-demo", "--replicas", "ingest=2"] });
  await using fields = await openFields({ drover, ledger, random });
  const feeding = feed(fields.all, reportsWanted);
  await breakEverything(drover, fields, t);
  await feeding;
  await heal(fields.all);
  await presentComesFirst(drover, fields.cut, ledger, t);
  await drained(drover, fields.all);
  const finding = ledger.judge(await readRows(drover));
  t.diagnostic(`seed ${seed}: ${JSON.stringify(finding)}`);
  assert.ok(finding.acknowledged >= reportsWanted * 0.99, "the field got its reports out");
  assertClean(finding);
  await statsAgree(drover, finding);
});

test("a build with broken deduplication turns the oracle red", { timeout: 120_000 }, async (t) => {
  const random = createRandom(seed);
  const ledger = createLedger();
  await using broken = await brokenDefinition();
  await using drover = await boot({ options: ["--no-demo", "--config", broken.file] });
  const field = { id: "edge-twice", drover, ledger, random, firstNumber: 1_000 };
  await using twice = await openField({ ...field, atOf: (index) => Date.now() - 60_000 + index });
  await twice.start();
  twice.link.setFaults({ ...calm, repeat: 0.5 });
  await feed([twice], 2_000);
  await drained(drover, [twice]);
  const finding = ledger.judge(await readRows(drover));
  t.diagnostic(JSON.stringify({ ...finding, examples: finding.examples.length }));
  assert.equal(finding.missing, 0);
  assert.ok(finding.twice > 0, "requests were delivered twice and the oracle saw nothing");
});

/** The platform as it is, but for one thing: its ingest is sabotaged. */
async function brokenDefinition(): Promise<{ readonly file: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "drover-broken-"));
  const sabotage = fileURLToPath(new URL("oracle/broken-deduplication.ts", import.meta.url));
  const { ingest, ...services } = platform.services;
  assert.ok(ingest);
  const env = { ...ingest.env, NODE_OPTIONS: `--import=${sabotage}` };
  const file = join(folder, "drover.config.json");
  const definition = { ...platform, services: { ...services, ingest: { ...ingest, env } } };
  await writeFile(file, JSON.stringify(definition));
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

function assertClean(finding: Finding): void {
  const { missing, twice, unsent, different, examples } = finding;
  const wrong = { missing, twice, unsent, different };
  assert.deepEqual(wrong, { missing: 0, twice: 0, unsent: 0, different: 0 }, examples.join("\n"));
}

interface Fields extends AsyncDisposable {
  readonly all: readonly Field[];
  /** The one whose link is cut for the whole of the storm. */
  readonly cut: Field;
}

/** Each edge has its own trouble. */
async function openFields(
  common: Pick<FieldOptions, "drover" | "ledger" | "random">,
): Promise<Fields> {
  const startAt = Date.now() - 60_000;
  const live = (index: number) => startAt + index * 3;
  const specs: readonly (Partial<FieldOptions> & { id: string })[] = [
    { id: "edge-plain" },
    { id: "edge-killed" },
    { id: "edge-day-old", atOf: (index) => startAt - dayMs + index * 7 },
    { id: "edge-clock", env: { NODE_OPTIONS: `--import=${clockJump}` } },
    // Files of this edge may not grow beyond 1 MiB (2048 blocks of 512): what a full disk is to the outbox.
    { id: "edge-full", limit: "ulimit -f 2048;", env: { DROVER_OUTBOX_WHEN_FULL: "block" } },
  ];
  const all: Field[] = [];
  for (const [place, spec] of specs.entries()) {
    const firstNumber = (place + 1) * 100_000_000;
    const field = await openField({ atOf: live, ...common, ...spec, firstNumber });
    await field.start();
    field.link.setFaults(flaky);
    all.push(field);
  }
  const cut = all.find(({ id }) => id === "edge-day-old");
  assert.ok(cut);
  return {
    all,
    cut,
    async [Symbol.asyncDispose]() {
      for (const field of all) await field[Symbol.asyncDispose]();
    },
  };
}

/** Pushes until each field has had its share acknowledged; waits out an edge that is down. */
async function feed(fields: readonly Field[], wanted: number): Promise<void> {
  await Promise.all(
    fields.map(async (field) => {
      for (let got = 0; got < wanted / fields.length;) {
        const taken = field.isRunning() ? await field.push(pushSize) : 0;
        got += taken;
        if (taken === 0) await pause(100);
      }
    }),
  );
}

/** Every kind of process dies at least once while reports flow, the supervisor too. */
async function breakEverything(drover: Drover, fields: Fields, t: TestContext): Promise<void> {
  await fields.cut.link.cut(true);
  const victims = [
    "ingest",
    "history",
    "clickhouse",
    "gateway",
    "api",
    "ingest-2",
    "clickhouse",
    "history",
  ];
  const running = new Set((await drover.state()).processes.map(({ instance }) => instance));
  for (const victim of victims) {
    const instance = running.has(victim) ? victim : `${victim}-1`;
    await drover.kill(instance);
    t.diagnostic(`killed ${instance}`);
    await pause(1_500);
    const killed = fields.all.find(({ id }) => id === "edge-killed");
    await killed?.kill();
    await pause(500);
    await killed?.start();
    await isReady(drover);
  }
  await drover.killSupervisor();
  t.diagnostic("killed the supervisor");
  await pause(2_000);
  await drover.start();
}

async function isReady(drover: Drover): Promise<void> {
  await waitFor(async () => {
    const { processes } = await drover.state();
    return processes.every(({ state }) => state === "ready");
  }, 60_000);
}

async function heal(fields: readonly Field[]): Promise<void> {
  for (const field of fields) {
    field.link.setFaults(calm);
    if (!field.isRunning()) await field.start();
  }
}

/** The link that was cut all along returns: the live report is there within 2 s, before the rest. */
async function presentComesFirst(
  drover: Drover,
  field: Field,
  ledger: Ledger,
  t: TestContext,
): Promise<void> {
  const before = await field.backlog();
  assert.ok(before >= (reportsWanted / 5) * 0.99, `the cut link has a backlog, not ${before}`);
  const at = Date.now();
  const measurements = { [numberMetric]: 1 };
  const asset = "vehicle:present";
  const report = { asset, kind: "vehicle", at, measurements, source: "http" };
  assert.ok(await field.pushOne(report));
  const startedAt = performance.now();
  await field.link.cut(false);
  await waitFor(async () => (await drover.ask(`/v1/assets/${asset}`)).status === 200, 30_000);
  const tookMs = performance.now() - startedAt;
  const left = await field.backlog();
  t.diagnostic(`live report after ${Math.round(tookMs)} ms, ${left} of ${before} still to come`);
  assert.ok(tookMs < 2_000, `the live report took ${Math.round(tookMs)} ms`);
  assert.ok(left > 0, "the backlog was not sent first");
  assert.equal(ledger.counts().offered > 0, true);
}

async function drained(drover: Drover, fields: readonly Field[]): Promise<void> {
  await waitFor(async () => {
    for (const field of fields) if ((await field.backlog()) > 0) return false;
    const stats = await drover.json("/v1/stats", Stats);
    return stats.lag === 0;
  }, 120_000);
}

const Stats = z.looseObject({
  accepted: z.int(),
  duplicates: z.int(),
  quarantined: z.int(),
  stored: z.int(),
  lag: z.int(),
});

/** Drover's own counters say the same; they are checked against the oracle, not trusted. */
async function statsAgree(drover: Drover, finding: Finding): Promise<void> {
  const stats = await drover.json("/v1/stats", Stats);
  assert.equal(stats.stored, finding.rows);
  assert.equal(stats.accepted, finding.rows);
  assert.equal(stats.quarantined, 0);
  assert.ok(stats.duplicates > 0, "the links delivered something twice");
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
