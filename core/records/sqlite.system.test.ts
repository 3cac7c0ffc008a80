import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { systemClock } from "../service/clock.ts";
import { openRecords } from "./open.ts";
import { createTokens } from "./tokens.ts";
import { createWatchEvents } from "./watch-events.ts";
import { createZones } from "./zones.ts";

const writer = `
  const { openRecords } = await import(${JSON.stringify(import.meta.resolve("./open.ts"))});
  const { createTokens } = await import(${JSON.stringify(import.meta.resolve("./tokens.ts"))});
  const clock = { now: () => Date.now() };
  await using records = await openRecords({ url: process.argv[1] }, { clock });
  const tokens = createTokens({ records, clock });
  for (let i = 0; i < 50; i++) await tokens.create({ role: "edge", label: process.argv[2] + i });
`;

// Every process records the same events and one zone of its own at each step.
const watcher = `
  const { openRecords } = await import(${JSON.stringify(import.meta.resolve("./open.ts"))});
  const { createWatchEvents } = await import(${JSON.stringify(import.meta.resolve("./watch-events.ts"))});
  const { createZones } = await import(${JSON.stringify(import.meta.resolve("./zones.ts"))});
  const clock = { now: () => Date.now() };
  await using records = await openRecords({ url: process.argv[1] }, { clock });
  const events = createWatchEvents({ records, clock });
  const zones = createZones({ records, clock });
  const shape = { type: "circle", center: [0, 0], radiusM: 10 };
  for (let i = 0; i < 40; i++) {
    const id = i.toString(16).padStart(32, "0");
    await events.append([{ id, kind: "left", at: i, retro: false, explanation: { text: "" } }], i);
    await zones.create({ name: "zone", shape, isEnabled: true }, { by: process.argv[2] });
  }
`;

describe("records on SQLite", () => {
  it("take the writes of three processes at once and loses none", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "drover-records-"));
    t.after(() => rm(folder, { recursive: true }));
    const url = `sqlite:${join(folder, "records.db")}`;
    const codes = await Promise.all(
      ["a", "b", "c"].map(async (name) => {
        const args = ["--input-type=module", "-e", writer, url, name];
        const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
        const [code] = await once(child, "exit");
        return Number(code);
      }),
    );
    assert.deepEqual(codes, [0, 0, 0]);
    await using records = await openRecords({ url }, { clock: systemClock });
    assert.equal((await createTokens({ records, clock: systemClock }).list()).length, 150);
  });

  it("number the events of three processes without gaps and record each once", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "drover-records-"));
    t.after(() => rm(folder, { recursive: true }));
    const url = `sqlite:${join(folder, "records.db")}`;
    const codes = await Promise.all(
      ["a", "b", "c"].map(async (name) => {
        const args = ["--input-type=module", "-e", watcher, url, name];
        const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
        const [code] = await once(child, "exit");
        return Number(code);
      }),
    );
    assert.deepEqual(codes, [0, 0, 0]);
    const deps = { clock: systemClock };
    await using records = await openRecords({ url }, deps);
    const found = await createWatchEvents({ records, ...deps }).after(0, 1_000);
    assert.deepEqual(
      found.map(({ number }) => number),
      Array.from({ length: 40 }, (_none, index) => index + 1),
    );
    const zones = createZones({ records, ...deps });
    assert.equal((await zones.list()).length, 120);
    assert.equal(await zones.revision(), 120);
  });
});
