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

const writer = `
  const { openRecords } = await import(${JSON.stringify(import.meta.resolve("./open.ts"))});
  const { createTokens } = await import(${JSON.stringify(import.meta.resolve("./tokens.ts"))});
  const clock = { now: () => Date.now() };
  await using records = await openRecords({ url: process.argv[1] }, { clock });
  const tokens = createTokens({ records, clock });
  for (let i = 0; i < 50; i++) await tokens.create({ role: "edge", label: process.argv[2] + i });
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
});
