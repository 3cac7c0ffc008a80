import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { systemClock } from "../service/clock.ts";
import { describeAlertRecords } from "./conformance-alerts.ts";
import { describeTellingRecords } from "./conformance-telling.ts";
import { describeRecords } from "./conformance.ts";
import { describeWatchRecords } from "./conformance-watch.ts";
import { openRecords, RecordsUrlError } from "./open.ts";

let folder = "";
let made = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-records-"));
});
after(() => rm(folder, { recursive: true }));

const freshUrl = () => Promise.resolve(`sqlite:${join(folder, `deep/${++made}.db`)}`);
describeRecords("SQLite", { freshUrl });
describeWatchRecords("SQLite", { freshUrl });
describeAlertRecords("SQLite", { freshUrl });
describeTellingRecords("SQLite", { freshUrl });

describe("openRecords", () => {
  it("makes files that only their user may read", async () => {
    const path = join(folder, `deep/${++made}.db`);
    await using records = await openRecords({ url: `sqlite:${path}` }, { clock: systemClock });
    await records.ping();
    for (const file of [path, `${path}-wal`]) {
      assert.equal((await stat(file)).mode & 0o777, 0o600, file);
    }
  });

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
