import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import type { Report } from "@drover/core/model/report";
import { prepareSources } from "./registry.ts";

const startMs = Date.UTC(2026, 0, 10);
const recordedMs = Date.UTC(2018, 7, 1);

type Heard = Report & { readonly heardAt: number };

async function fileOf(t: TestContext, name: string, bytes: string | Uint8Array): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "drover-replay-"));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, name);
  await writeFile(path, bytes);
  return path;
}

/** Bus fixes at these seconds of the recording. */
const track = (...seconds: readonly number[]): string =>
  ["vehicle_id,timestamp,latitude,longitude"]
    .concat(
      seconds.map((second, i) => {
        const time = new Date(recordedMs + second * 1000).toISOString();
        return `4716,${time},53.${String(i).padStart(4, "0")},-2.9`;
      }),
    )
    .join("\n");

/** Plays on a fake clock until the end, or until `enough`. */
async function play(
  spec: string,
  enough: (heard: readonly Heard[]) => boolean = () => false,
  given: { readonly stateDir?: string } = {},
) {
  const stateDir = given.stateDir ?? (await mkdtemp(join(tmpdir(), "drover-replay-state-")));
  const clock = createFakeClock({ nowMs: startMs });
  const [prepared] = prepareSources([spec]);
  assert(prepared);
  const source = prepared.create({ clock, log: silentLog, stateDir });
  const heard: Heard[] = [];
  const stopper = new AbortController();
  const over = new AbortController();
  const ended = source
    .run(async (batch) => {
      heard.push(
        ...batch.map((report) => Object.assign(report, { heardAt: clock.now() - startMs })),
      );
    }, stopper.signal)
    .finally(() => over.abort());
  ended.catch(() => undefined);
  for (let steps = 0; !over.signal.aborted && !enough(heard);) {
    // A replay that does not sleep is at its file, however long the disk takes.
    if (clock.sleeping() === 0) {
      await turn();
      continue;
    }
    assert(++steps < 60_000, "the replay does not end");
    await clock.advance(100);
  }
  stopper.abort();
  try {
    await ended;
  } finally {
    if (given.stateDir === undefined) await rm(stateDir, { recursive: true });
  }
  return { heard, status: source.status() };
}

test("without a speed, all of it is told at once and ends now", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 10, 25));
  const { heard, status } = await play(`replay=${path}`);
  assert.deepEqual(
    heard.map(({ at }) => at - startMs),
    [-25_000, -15_000, 0],
  );
  assert(heard.every((report) => report.heardAt === 0 && report.historical === undefined));
  assert.equal(status.state, "finished");
});

test("a lone report of a broken clock is not where a recording ends", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 10, 25, 30_000_000));
  const { heard } = await play(`replay=${path}`);
  assert.deepEqual(
    heard.slice(0, 3).map(({ at }) => at - startMs),
    [-25_000, -15_000, 0],
  );
});

test("times are moved to now and intervals kept", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 10, 25));
  const { heard, status } = await play(`replay=${path}?speed=1`);
  assert.deepEqual(
    heard.map(({ at }) => at - startMs),
    [0, 10_000, 25_000],
  );
  for (const report of heard) assert(report.heardAt - (report.at - startMs) <= 100);
  assert(heard.every((report) => report.historical === undefined));
  assert.equal(status.state, "finished");
  assert.equal(status.emitted, 3);
});

test("with a speed, time and intervals are divided by it", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 10, 25));
  const { heard } = await play(`replay=${path}?speed=10`);
  assert.deepEqual(
    heard.map(({ at }) => at - startMs),
    [0, 1_000, 2_500],
  );
  assert(heard.every((report) => report.at - startMs <= report.heardAt));
});

test("without moving, times stay as recorded and reports say that they are old", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 10, 25));
  const { heard } = await play(`replay=${path}?retime=false&speed=max`);
  assert.deepEqual(
    heard.map(({ at }) => at - recordedMs),
    [0, 10_000, 25_000],
  );
  assert(heard.every((report) => report.historical === true && report.heardAt === 0));
});

test("a loop begins again at now, and nothing of it is a repeat", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 10));
  const { heard } = await play(`replay=${path}?loop=true`, (all) => all.length >= 6);
  const times = heard.map(({ at }) => at - startMs);
  assert(
    times.every((at, i) => at > (times[i - 1] ?? -1)),
    String(times),
  );
  for (const report of heard) assert(Math.abs(report.heardAt - (report.at - startMs)) <= 100);
});

test("no report is ever of the future, also when one was hours ahead", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 7_200, 10, 20));
  const { heard } = await play(`replay=${path}?speed=1`);
  assert.deepEqual(
    heard.map(({ at }) => Math.round((at - startMs) / 1000)),
    [0, 10, 20, 3_620],
  );
  assert(heard.every((report) => report.at - startMs <= report.heardAt));
});

test("a time that jumps back beyond the window comes late, as it was", async (t) => {
  const path = await fileOf(t, "a.csv", track(100, 110, 120, 5));
  const { heard } = await play(`replay=${path}?speed=1&window=1`);
  assert.deepEqual(
    heard.map(({ at }) => at - startMs),
    [0, 10_000, 20_000, -95_000],
  );
});

test("a window as large as the file plays it in order of time", async (t) => {
  const path = await fileOf(t, "a.csv", track(100, 110, 120, 95, 105));
  const { heard } = await play(`replay=${path}?speed=1&window=5`);
  assert.deepEqual(
    heard.map(({ at }) => at - startMs),
    [0, 5_000, 10_000, 15_000, 25_000],
  );
});

test("a quiet night takes no longer than it may", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 100_000, 100_003));
  const { heard } = await play(`replay=${path}?speed=1&quietMs=5000`);
  assert.deepEqual(
    heard.map(({ at }) => at - startMs),
    [0, 5_000, 8_000],
  );
});

test("gzip is unpacked, and a recording that was cut off gives what there is", async (t) => {
  const fixes = Array.from({ length: 5_000 }, (_, i) => i);
  const packed = gzipSync(track(...fixes));
  const whole = await play(`replay=${await fileOf(t, "a.csv.gz", packed)}?speed=max&retime=false`);
  assert.equal(whole.heard.length, 5_000);
  const cut = await fileOf(t, "a.csv.gz", packed.subarray(0, packed.length / 2));
  const part = await play(`replay=${cut}?speed=max&retime=false`);
  assert(part.heard.length > 1_000 && part.heard.length < 5_000, `${part.heard.length} reports`);
});

test("a line said twice is one report", async (t) => {
  const text = track(0, 10);
  const path = await fileOf(t, "a.csv", `${text}\n${text.split("\n")[1]}`);
  const { heard, status } = await play(`replay=${path}?speed=100`);
  assert.equal(heard.length, 2);
  assert.equal(status.repeated, 1);
});

test("a file that is missing, strange or without reports ends with its reason", async (t) => {
  const strange = await fileOf(t, "a.txt", "hello\n");
  const empty = await fileOf(t, "a.csv", "vehicle_id,timestamp,latitude,longitude\n1,never,1,2\n");
  for (const [spec, reason] of [
    [`replay=${strange}.not-there`, /cannot read/],
    [`replay=${strange}`, /cannot tell the format/],
    [`replay=${strange}?format=sbs`, /holds no report \(1 bad-line\)/],
    [`replay=${empty}?loop=true`, /holds no report \(1 bad-time\)/],
  ] as const) {
    await assert.rejects(play(spec), reason);
  }
});

test("a replay that is stopped while it waits ends at once", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 100_000));
  const { heard, status } = await play(`replay=${path}?speed=1`, (all) => all.length === 1);
  assert.equal(heard.length, 1);
  assert.equal(status.state, "finished");
});

test("an import that is broken off goes on where the outbox left it, and is never told twice", async (t) => {
  const path = await fileOf(t, "a.csv", track(...Array.from({ length: 2_000 }, (_, i) => i)));
  const stateDir = await mkdtemp(join(tmpdir(), "drover-replay-state-"));
  t.after(() => rm(stateDir, { recursive: true }));
  const spec = `replay=${path}?speed=max&retime=false`;
  const taken: number[] = [];
  for (const failsAfter of [1, 2, 10]) {
    const [prepared] = prepareSources([spec]);
    assert(prepared);
    // A new source each time, as a new process has.
    const source = prepared.create({ clock: createFakeClock(), log: silentLog, stateDir });
    let calls = 0;
    const outbox = async (batch: readonly Report[]) => {
      if (++calls > failsAfter) throw new Error("outbox: full");
      taken.push(...batch.map(({ at }) => at));
    };
    await source.run(outbox, new AbortController().signal).catch((error: Error) => {
      assert.equal(error.message, "outbox: full");
    });
  }
  assert.equal(taken.length, 2_000);
  assert.equal(new Set(taken).size, 2_000);
  const again = await play(spec, () => false, { stateDir });
  assert.equal(again.heard.length, 0);
  assert.equal(again.status.state, "finished");
});

test("a file that has changed is another import", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 10));
  const stateDir = await mkdtemp(join(tmpdir(), "drover-replay-state-"));
  t.after(() => rm(stateDir, { recursive: true }));
  const spec = `replay=${path}?speed=max&retime=false`;
  assert.equal((await play(spec, () => false, { stateDir })).heard.length, 2);
  await writeFile(path, track(0, 10, 20));
  assert.equal((await play(spec, () => false, { stateDir })).heard.length, 3);
});

test("a live replay that the outbox broke off goes on, and a new process begins at now", async (t) => {
  const path = await fileOf(t, "a.csv", track(0, 10, 20));
  const [prepared] = prepareSources([`replay=${path}?speed=1`]);
  assert(prepared);
  const clock = createFakeClock({ nowMs: startMs });
  const source = prepared.create({ clock, log: silentLog, stateDir: tmpdir() });
  const places: (number | undefined)[] = [];
  const run = async (allowed: number) => {
    let calls = 0;
    const ended = source.run(async (batch) => {
      if (++calls > allowed) throw new Error("outbox: full");
      places.push(...batch.map(({ position }) => position?.lat));
    }, new AbortController().signal);
    let isOver = false;
    void ended.then(
      () => (isOver = true),
      () => (isOver = true),
    );
    const over = () => isOver;
    while (!over()) {
      if (clock.sleeping() === 0) await turn();
      else await clock.advance(100);
    }
    await ended;
  };
  await assert.rejects(run(1), /outbox: full/);
  await run(5);
  assert.deepEqual(places, [53, 53.0001, 53.0002]);
});
