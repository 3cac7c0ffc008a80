import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../service/clock.ts";
import { describeRecords } from "./conformance.ts";
import { openRecords, RecordsUrlError } from "./open.ts";
import { createTokens } from "./tokens.ts";

let folder = "";
let made = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-records-"));
});
after(() => rm(folder, { recursive: true }));

const freshUrl = () => Promise.resolve(`sqlite:${join(folder, `deep/${++made}.db`)}`);
describeRecords("SQLite", { freshUrl });

const writer = `
  const { openRecords } = await import(${JSON.stringify(import.meta.resolve("./open.ts"))});
  const { createTokens } = await import(${JSON.stringify(import.meta.resolve("./tokens.ts"))});
  const clock = { now: () => Date.now() };
  await using records = await openRecords({ url: process.argv[1] }, { clock });
  const tokens = createTokens({ records, clock });
  for (let i = 0; i < 50; i++) await tokens.create({ role: "edge", label: process.argv[2] + i });
`;

describe("records on SQLite: processes", () => {
  it("takes the writes of three processes at once and loses none", async () => {
    const url = await freshUrl();
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

describe("openRecords", () => {
  it("names the schemes it knows when given another, and keeps the password to itself", async () => {
    const opened = openRecords({ url: "mysql://root:hunter2@host/db" }, { clock: systemClock });
    await assert.rejects(opened, (error) => {
      assert(error instanceof RecordsUrlError);
      assert.match(error.message, /"mysql:".*sqlite:<path>.*postgres:/);
      assert(!error.message.includes("hunter2"));
      return true;
    });
    await assert.rejects(openRecords({ url: "sqlite:" }, { clock: systemClock }), RecordsUrlError);
  });
});
