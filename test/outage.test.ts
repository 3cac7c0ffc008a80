// The conservation oracle: whatever breaks, every report that an outbox acknowledged becomes exactly
// one row, equal to what was sent, and no row stands that nobody sent.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findPostgres, startPostgres } from "../core/records/temporary-postgres.ts";
import { systemClock } from "../core/service/clock.ts";
import { findRedis, startRedis } from "../core/stream/temporary-redis.ts";
import { boot } from "./boot.ts";
import { writeDefinition } from "./oracle/definition.ts";
import { openField } from "./oracle/field.ts";
import { calm } from "./oracle/flaky-link.ts";
import { createLedger } from "./oracle/ledger.ts";
import { createRandom } from "./oracle/random.ts";
import { readRows } from "./oracle/rows.ts";
import { drained, feed, storm } from "./oracle/storm.ts";

const seed = Number(process.env["DROVER_ORACLE_SEED"] ?? 1);
const reports = Number(process.env["DROVER_ORACLE_REPORTS"] ?? 200_000);
/** The stores that are servers get a shorter storm; `npm run soak` makes it longer. */
const reportsOnServers = Math.min(reports, 60_000);

test(
  "whatever breaks, each acknowledged report is one row: embedded stores",
  { timeout: 280_000 },
  async (t) => {
    await using drover = await boot({ options: ["--no-demo", "--replicas", "ingest=2"] });
    const doors = ["ingest-1", "gateway", "api", "ingest-2"];
    const victims = [...doors, "history", "clickhouse", "history", "clickhouse"];
    await storm({ drover, seed, reports, victims }, t);
  },
);

const redisBinary = await findRedis(process.env);
const postgresBin = await findPostgres();
const missing = [
  ...(redisBinary === undefined ? ["redis-server"] : []),
  ...(postgresBin === undefined ? ["postgresql"] : []),
];

test(
  "whatever breaks, each acknowledged report is one row: Redis and PostgreSQL",
  {
    timeout: 280_000,
    skip: missing.length > 0 && `${missing.join(" and ")} not installed`,
  },
  async (t) => {
    assert.ok(redisBinary !== undefined && postgresBin !== undefined);
    await using resources = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "drover-redis-"));
    resources.defer(() => rm(folder, { recursive: true, force: true }));
    const config = { binary: redisBinary, folder };
    const redis = resources.use(await startRedis(config, { clock: systemClock }));
    const postgres = resources.use(await startPostgres(postgresBin));
    const recordsUrl = await postgres.createDatabase();
    const change = { streamUrl: redis.url, recordsUrl };
    const definition = resources.use(await writeDefinition(change));
    const more = ["--config", definition.file, "--replicas", "ingest=2", "--replicas", "history=2"];
    const drover = resources.use(await boot({ options: ["--no-demo", ...more] }));
    const victims = ["ingest-1", "history-1", "clickhouse", "history-2"];
    const alsoBreak = () => redis.crash();
    await storm({ drover, seed, reports: reportsOnServers, victims, alsoBreak }, t);
  },
);

test("a build with broken deduplication turns the oracle red", { timeout: 120_000 }, async (t) => {
  const sabotage = fileURLToPath(new URL("oracle/broken-deduplication.ts", import.meta.url));
  await using broken = await writeDefinition({ ingestNodeOptions: `--import=${sabotage}` });
  await using drover = await boot({ options: ["--no-demo", "--config", broken.file] });
  const ledger = createLedger();
  await using twice = await openField({
    id: "edge-twice",
    drover,
    ledger,
    random: createRandom(seed),
    firstNumber: 1_000,
    atOf: (index) => Date.now() - 60_000 + index,
  });
  await twice.start();
  twice.link.setFaults({ ...calm, repeat: 0.5 });
  await feed([twice], 2_000);
  await drained(drover, [twice]);
  const finding = ledger.judge(await readRows(drover));
  t.diagnostic(JSON.stringify({ ...finding, examples: finding.examples.length }));
  assert.equal(finding.missing, 0);
  assert.ok(finding.twice > 0, "requests were delivered twice and the oracle saw nothing");
});
