import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createFakeClock, systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import type { Report } from "@drover/core/model/report";
import { prepareSources } from "./registry.ts";
import type { SourceDeps } from "./source.ts";

const nowSeconds = 1_767_225_600;
const snapshot = (now: number, lat: number, seenPos = 0): string =>
  JSON.stringify({
    now,
    messages: 1,
    aircraft: [{ hex: "7c6b2d", lat, lon: 1, seen_pos: seenPos, seen: 0 }],
  });

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "drover-readsb-"));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}

/** Runs a readsb source on a fake clock; `until` moves it on. */
function start(t: TestContext, options: Record<string, unknown>, deps: Partial<SourceDeps> = {}) {
  const clock = createFakeClock({ nowMs: nowSeconds * 1000 });
  const [prepared] = prepareSources([{ kind: "readsb", ...options }]);
  assert(prepared);
  const source = prepared.create({ clock, log: silentLog, stateDir: tmpdir(), ...deps });
  const reports: Report[] = [];
  const stopper = new AbortController();
  const ended = source.run(async (batch) => void reports.push(...batch), stopper.signal);
  t.after(async () => {
    stopper.abort();
    await ended;
    await source[Symbol.asyncDispose]();
  });
  async function until(holds: () => boolean, stepsMax = 500): Promise<void> {
    for (let step = 0; !holds(); step++) {
      assert(step < stepsMax, `not within ${stepsMax} steps`);
      for (let turns = 0; turns < 3 || (clock.sleeping() === 0 && turns < 1_000_000); turns++)
        await turn();
      if (!holds()) await clock.advance(100);
    }
  }
  return { clock, source, reports, until };
}

/** Answers in turn; the last answer again and again. */
function answers(...given: readonly (() => Response)[]): typeof fetch & { calls(): number } {
  let calls = 0;
  const fake = async (): Promise<Response> => {
    const answer = given[Math.min(calls, given.length - 1)];
    calls += 1;
    assert(answer);
    return answer();
  };
  return Object.assign(fake, { calls: () => calls });
}

test("a fix polled again is one report, also when its time moves by a tenth", async (t) => {
  const fetch = answers(
    () => new Response(snapshot(nowSeconds, 5, 0.1)),
    () => new Response(snapshot(nowSeconds + 1, 5, 1.2)),
    () => new Response(snapshot(nowSeconds + 2, 5.001, 0)),
  );
  const run = start(t, { from: "http://decoder/aircraft.json" }, { fetch });
  await run.until(() => fetch.calls() === 4);
  assert.deepEqual(
    run.reports.map((report) => report.position?.lat),
    [5, 5.001],
  );
  assert.equal(run.source.status().repeated, 2);
  assert.equal(run.source.status().received, 4);
});

test("a decoder that restarts its history is read again without doubles", async (t) => {
  const fetch = answers(
    () => new Response(snapshot(nowSeconds, 5)),
    () => new Response(snapshot(nowSeconds + 5, 5.1)),
    () => new Response(snapshot(nowSeconds, 5)),
    () => new Response(snapshot(nowSeconds + 5, 5.1)),
    () => new Response(snapshot(nowSeconds + 10, 5.2)),
  );
  const run = start(t, { from: "http://decoder/aircraft.json" }, { fetch });
  await run.until(() => fetch.calls() === 6);
  assert.deepEqual(
    run.reports.map((report) => report.position?.lat),
    [5, 5.1, 5.2],
  );
});

for (const [what, answer] of [
  ["HTML", () => new Response("<html>", { status: 200 })],
  ["an error", () => new Response("no", { status: 502 })],
  ["too many bytes", () => new Response(new Uint8Array(33 * 2 ** 20))],
  ["an object of another kind", () => new Response("{}")],
] as const) {
  test(`${what} instead of a snapshot is counted and tried again`, async (t) => {
    const fetch = answers(answer, () => new Response(snapshot(nowSeconds, 5)));
    const run = start(t, { from: "http://decoder/aircraft.json" }, { fetch });
    await run.until(() => run.source.status().state === "failing");
    await run.until(() => run.reports.length === 1);
    assert.equal(run.source.status().state, "running");
  });
}

test("a public service that asks for patience is given it", async (t) => {
  const refusal = () => new Response("", { status: 429, headers: { "retry-after": "20" } });
  const fetch = answers(refusal, () => new Response(snapshot(nowSeconds, 5)));
  const run = start(t, { from: "http://public/v2/point" }, { fetch });
  await run.until(() => run.reports.length === 1);
  assert(run.clock.now() - nowSeconds * 1000 >= 20_000);
});

test("a file that is renamed into place is read when it changes, and only then", async (t) => {
  const path = join(await folder(t), "aircraft.json");
  const put = async (text: string) => {
    await writeFile(`${path}.tmp`, text);
    await rename(`${path}.tmp`, path);
  };
  await put(snapshot(nowSeconds, 5));
  const run = start(t, { from: path });
  await run.until(() => run.reports.length === 1);
  const { received } = run.source.status();
  const before = run.clock.now();
  await run.until(() => run.clock.now() > before + 5_000);
  assert.equal(run.source.status().received, received);
  await put(snapshot(nowSeconds + 1, 5.1));
  await run.until(() => run.reports.length === 2);
});

test("a file caught in mid-write is read again a moment later", async (t) => {
  const path = join(await folder(t), "aircraft.json");
  const whole = snapshot(nowSeconds, 5);
  await writeFile(path, whole.slice(0, 40));
  const run = start(t, { from: path });
  for (let i = 0; i < 50; i++) await turn();
  await writeFile(path, whole);
  await run.until(() => run.reports.length === 1);
  assert.equal(run.source.status().lastError, undefined);
});

test("a file that is not there yet is waited for", async (t) => {
  const path = join(await folder(t), "aircraft.json");
  const run = start(t, { from: path });
  await run.until(() => run.source.status().state === "failing");
  await writeFile(path, snapshot(nowSeconds, 5));
  await run.until(() => run.reports.length === 1);
});

test("what is recorded can be replayed", async (t) => {
  const dir = await folder(t);
  const server = createServer((_, response) => response.end(snapshot(nowSeconds, 5)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert(typeof address === "object" && address !== null);
  const from = `http://127.0.0.1:${address.port}/aircraft.json`;
  const run = start(t, { from, record: dir });
  // A real connection needs real time, so only the first poll is waited for.
  while (run.reports.length === 0) await turn();
  const [name] = await readdir(dir);
  assert.equal(await readFile(join(dir, name ?? ""), "utf8"), `${snapshot(nowSeconds, 5)}\n`);
  const [prepared] = prepareSources([`replay=${join(dir, name ?? "")}?speed=max&retime=false`]);
  const replayed: Report[] = [];
  const replay = prepared?.create({ clock: systemClock, log: silentLog, stateDir: dir });
  await replay?.run(async (batch) => void replayed.push(...batch), new AbortController().signal);
  assert.deepEqual(replayed, [{ ...run.reports[0], source: "replay", historical: true }]);
});
