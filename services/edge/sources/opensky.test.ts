import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createFakeClock, systemClock } from "@drover/core/service/clock";
import type { FakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import type { Report } from "@drover/core/model/report";
import {
  createOpenskyDouble,
  openskyApiUrl,
  openskyTokenUrl,
} from "../../../test/doubles/opensky.ts";
import type { OpenskyDouble, OpenskyDoubleConfig } from "../../../test/doubles/opensky.ts";
import { BudgetState } from "./opensky-budget.ts";
import { prepareSources } from "./registry.ts";
import type { Source, SourceSecrets } from "./source.ts";

const noonMs = Date.UTC(2026, 0, 10, 12);
const secrets = { openskyClientId: "drover-api-client", openskyClientSecret: "s3cret" };
const swiss = { south: 45.8389, west: 5.9962, north: 47.8229, east: 10.5226 };

/** A state vector of 18 columns. */
function row(hex: string, at: number, lon: number, lat: number): unknown[] {
  const before: unknown[] = [hex, "SWR1    ", "Switzerland", at, at, lon, lat];
  return before.concat([1000, false, 100, 90, 0, null, 1030, "1000", false, 0, 4]);
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "drover-opensky-"));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

type Setup = {
  readonly clock: FakeClock;
  readonly double: OpenskyDouble;
  readonly source: Source;
  readonly reports: Report[];
  /** Moves time on step by step until this holds. */
  until(holds: () => boolean, stepsMax?: number, stepMs?: number): Promise<void>;
  stop(): Promise<void>;
  readonly stateDir: string;
};

async function start(
  t: TestContext,
  given: {
    readonly double?: Partial<OpenskyDoubleConfig>;
    readonly options?: Record<string, unknown>;
    readonly secrets?: SourceSecrets;
    readonly stateDir?: string;
    readonly nowMs?: number;
  } = {},
): Promise<Setup> {
  const clock = createFakeClock({ nowMs: given.nowMs ?? noonMs });
  const stateDir = given.stateDir ?? (await folder(t));
  const double = createOpenskyDouble({
    states: () => ({
      time: Math.floor(clock.now() / 1000),
      states: [row("4b1814", Math.floor(clock.now() / 1000), 8.5, 47.4)],
    }),
    nowMs: () => clock.now(),
    clientId: secrets.openskyClientId,
    clientSecret: secrets.openskyClientSecret,
    ...given.double,
  });
  const [prepared] = prepareSources([
    {
      kind: "opensky",
      boxes: [swiss],
      url: openskyApiUrl,
      tokenUrl: openskyTokenUrl,
      ...given.options,
    },
  ]);
  assert(prepared);
  const source = prepared.create({
    clock,
    log: silentLog,
    stateDir,
    fetch: double.fetch,
    ...(given.secrets && { secrets: given.secrets }),
  });
  const reports: Report[] = [];
  const stopper = new AbortController();
  const ended = source.run(async (batch) => void reports.push(...batch), stopper.signal);
  const failures: Error[] = [];
  ended.catch((error: Error) => failures.push(error));

  async function until(holds: () => boolean, stepsMax = 100_000, stepMs = 1_000): Promise<void> {
    for (let step = 0; !holds(); step++) {
      for (const failure of failures) throw failure;
      assert(step < stepsMax, `not within ${stepsMax} steps`);
      // A source that does not sleep is at its files or its answer.
      for (
        let turns = 0;
        turns < 3 || (clock.sleeping() === 0 && failures.length === 0 && turns < 1_000_000);
        turns++
      )
        await turn();
      if (!holds()) await clock.advance(stepMs);
    }
  }
  async function stop(): Promise<void> {
    stopper.abort();
    await ended;
    await source[Symbol.asyncDispose]();
  }
  t.after(() => stop().catch(() => undefined));
  return { clock, double, source, reports, until, stop, stateDir };
}

test("the anonymous tier is spread over what is left of the day", async (t) => {
  const setup = await start(t);
  const { double } = setup;
  await setup.until(() => double.calls.length === 4);
  // 12 h for 400 credits of one each: 108 s apart, rounded up by the steps of the test.
  const gaps = double.calls.slice(1).map((call, i) => call.atMs - (double.calls[i]?.atMs ?? 0));
  for (const gap of gaps) assert(gap >= 107_000 && gap <= 110_000, `${gap} ms`);
  assert.equal(double.concurrencyMax(), 1);
  assert.equal(double.tokensGiven(), 0);
  assert.equal(setup.reports.length, 4);
  assert.equal(setup.source.status().creditsLeft, 396);
  assert(double.calls[0]?.path.includes("lamin=45.8389&lomin=5.9962&lamax=47.8229&lomax=10.5226"));
});

test("a full day of the anonymous tier spends no more than its credits and is never refused", async (t) => {
  const setup = await start(t, { nowMs: Date.UTC(2026, 0, 10) });
  const { double, clock } = setup;
  await setup.until(() => clock.now() >= Date.UTC(2026, 0, 10, 23, 59), 5_000, 20_000);
  assert(double.calls.every((call) => call.status === 200));
  assert(double.calls.length >= 360 && double.calls.length <= 400, `${double.calls.length} calls`);
});

test("the event time is the position's, whatever the time of the poll", async (t) => {
  const setup = await start(t, {
    double: {
      states: { time: noonMs / 1000 + 40, states: [row("4b1814", noonMs / 1000 - 7, 8.5, 47.4)] },
    },
  });
  await setup.until(() => setup.double.calls.length === 3);
  assert.equal(setup.reports.length, 1);
  assert.equal(setup.reports[0]?.at, noonMs - 7_000);
  assert.equal(setup.source.status().repeated, 2);
});

test("an empty sky is a good answer", async (t) => {
  const setup = await start(t, { double: { states: { time: noonMs / 1000, states: null } } });
  await setup.until(() => setup.double.calls.length === 2);
  assert.equal(setup.source.status().lastError, undefined);
  assert.equal(setup.reports.length, 0);
});

test("with credentials one token serves until shortly before its end", async (t) => {
  const setup = await start(t, { secrets, double: { tokenSeconds: 100 } });
  const { double } = setup;
  await setup.until(() => double.tokensGiven() === 2);
  // 12 h for 4000 credits: 10.8 s apart; 70 s are seven calls, and the eighth has the next token.
  assert.equal(double.calls.length, 8);
  assert(double.calls.every((call) => call.status === 200));
});

test("a token that is refused is renewed once, and the call made again", async (t) => {
  const setup = await start(t, { secrets });
  const { double } = setup;
  await setup.until(() => double.calls.length === 1);
  double.revoke();
  await setup.until(() => double.calls.length === 3);
  assert.deepEqual(
    double.calls.map((call) => call.status),
    [200, 401, 200],
  );
  assert.equal(double.tokensGiven(), 2);
  assert.equal(setup.source.status().lastError, undefined);
});

test("a token refused twice is a failure, not a loop", async (t) => {
  const setup = await start(t, { secrets });
  const denied = { kind: "answer", status: 401, body: "Unauthorized" } as const;
  setup.double.fail(denied, denied);
  await setup.until(() => setup.source.status().state === "failing");
  assert.equal(setup.double.calls.length, 2);
  await setup.until(() => setup.reports.length === 1);
});

test("refused credentials end the source, because trying again cannot help", async (t) => {
  const setup = await start(t, { secrets: { ...secrets, openskyClientSecret: "wrong" } });
  await assert.rejects(
    setup.until(() => false, 60),
    /id or secret is refused/,
  );
});

test("429 waits as long as the header of OpenSky says", async (t) => {
  const setup = await start(t);
  const { double } = setup;
  double.fail({
    kind: "answer",
    status: 429,
    body: "Too many requests",
    headers: { "x-rate-limit-retry-after-seconds": "7200" },
  });
  await setup.until(() => setup.source.status().state === "failing");
  await setup.until(() => double.calls.length === 2);
  const [first, second] = double.calls;
  assert(first && second && second.atMs - first.atMs >= 7_200_000);
  assert(second.atMs - first.atMs <= 7_202_000);
});

for (const [what, fault] of [
  ["an HTML page with status 200", { kind: "answer", status: 200, body: "<html>busy</html>" }],
  ["a gateway timeout as HTML", { kind: "answer", status: 504, body: "<html>504</html>" }],
  ["an internal error", { kind: "answer", status: 500, body: "" }],
  ["an answer that is no object of states", { kind: "answer", status: 200, body: "[1]" }],
  ["a refusal without any header", { kind: "answer", status: 429, body: "slow down" }],
  ["a connection that is cut", { kind: "cut" }],
  ["a server that never answers", { kind: "hang" }],
] as const) {
  test(`${what} is counted and tried again later`, async (t) => {
    const setup = await start(t);
    setup.double.fail(fault);
    await setup.until(() => setup.source.status().lastError !== undefined, 30);
    assert.equal(setup.source.status().state, "failing");
    await setup.until(() => setup.reports.length === 1, 1_000);
    assert.equal(setup.source.status().state, "waiting");
  });
}

test("a budget outlives the process, so that a crash loop does not burn the day", async (t) => {
  const stateDir = await folder(t);
  const first = await start(t, { stateDir });
  await first.until(() => first.double.calls.length === 1);
  await first.until(() => first.source.status().state === "waiting");
  await first.stop();
  const kept: unknown = JSON.parse(await readFile(join(stateDir, "opensky-opensky.json"), "utf8"));
  assert.equal(BudgetState.parse(kept).creditsLeft, 399);
  const second = await start(t, { stateDir, nowMs: first.clock.now() + 5_000 });
  await second.until(() => second.double.calls.length === 1);
  assert((second.double.calls[0]?.atMs ?? 0) - noonMs >= 107_000);
});

test("a damaged budget is a fresh one", async (t) => {
  const stateDir = await folder(t);
  await writeFile(join(stateDir, "opensky-opensky.json"), '{"creditsLeft":-3');
  const setup = await start(t, { stateDir });
  await setup.until(() => setup.double.calls.length === 1, 5);
});

test("a box across 180° is asked for in two calls and reported as one area", async (t) => {
  const setup = await start(t, {
    options: { boxes: [{ south: -20, west: 175, north: -15, east: -178 }] },
    double: {
      states: {
        time: noonMs / 1000,
        states: [row("c81d0a", noonMs / 1000, 178, -17), row("c81d0b", noonMs / 1000, -179, -17)],
      },
    },
  });
  await setup.until(() => setup.double.calls.length === 2);
  await setup.until(() => setup.reports.length === 2);
  assert(setup.double.calls.every((call) => call.status === 200 && call.cost === 1));
});

test("what is recorded is an answer per line, and can be replayed", async (t) => {
  const dir = await folder(t);
  const setup = await start(t, { options: { record: { dir } } });
  await setup.until(() => setup.reports.length === 2);
  await setup.stop();
  const [name] = await readdir(dir);
  const file = join(dir, name ?? "");
  const [prepared] = prepareSources([{ kind: "replay", file, speed: "max", retime: false }]);
  assert(prepared);
  const replay = prepared.create({ clock: systemClock, log: silentLog, stateDir: dir });
  const again: Report[] = [];
  await replay.run(async (batch) => void again.push(...batch), new AbortController().signal);
  assert.deepEqual(
    again.map(({ asset, at, position }) => ({ asset, at, position })),
    setup.reports.map(({ asset, at, position }) => ({ asset, at, position })),
  );
});

test("stopping in mid-wait ends the run at once", async (t) => {
  const setup = await start(t);
  await setup.until(() => setup.source.status().state === "waiting");
  await setup.stop();
  assert.equal(setup.source.status().state, "finished");
});

test("an outbox that fails ends the run instead of losing what was read", async (t) => {
  const stateDir = await folder(t);
  const [prepared] = prepareSources([{ kind: "opensky", boxes: [swiss], url: openskyApiUrl }]);
  const double = createOpenskyDouble({
    states: { time: 1, states: [row("4b1814", noonMs / 1000, 8.5, 47.4)] },
    nowMs: () => noonMs,
  });
  const source = prepared?.create({
    clock: createFakeClock({ nowMs: noonMs }),
    log: silentLog,
    stateDir,
    fetch: double.fetch,
  });
  const full = async () => Promise.reject(new Error("outbox: full"));
  await assert.rejects(async () => source?.run(full, new AbortController().signal), /outbox: full/);
});

test("the whole way works by HTTP", async (t) => {
  const double = createOpenskyDouble({
    states: () => ({
      time: Math.floor(Date.now() / 1000),
      states: [row("4b1814", Math.floor(Date.now() / 1000), 8.5, 47.4)],
    }),
    nowMs: () => Date.now(),
    clientId: "a",
    clientSecret: "b&c=d",
  });
  await using server = await double.listen();
  const [prepared] = prepareSources([
    {
      kind: "opensky",
      boxes: [swiss],
      url: `${server.origin}/api`,
      tokenUrl: `${server.origin}/auth/realms/opensky-network/protocol/openid-connect/token`,
    },
  ]);
  assert(prepared);
  await using source = prepared.create({
    clock: systemClock,
    log: silentLog,
    stateDir: await folder(t),
    secrets: { openskyClientId: "a", openskyClientSecret: "b&c=d" },
  });
  const stopper = new AbortController();
  const reports: Report[] = [];
  await source.run(async (batch) => {
    reports.push(...batch);
    stopper.abort();
  }, stopper.signal);
  assert.equal(reports[0]?.asset, "aircraft:4b1814");
  assert.equal(double.creditsLeft("standard"), 3_999);
});
