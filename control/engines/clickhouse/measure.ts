import { writeFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createClient } from "@clickhouse/client";
import { Session } from "chdb";
import { Agent, request } from "undici";
import { connectionArgs } from "./engine.ts";
import { startProcess, temporaryFolder } from "./process.fixture.ts";

/**
 * What the front costs: the same rows inserted into chDB in this process, and through the process
 * that serves them, in turns. Run it alone on the machine:
 * `UV_THREADPOOL_SIZE=16 node control/engines/clickhouse/measure.ts [rows] [batches]`
 */
const [rows, batches] = [2, 3].map((at, i) => Number(process.argv[at] ?? [20_000, 100][i]));

const structure = `asset String, at DateTime64(3), received DateTime64(3), lat Float64, lon Float64,
  altitude Float32, speed Float32, heading Float32, climb Float32, source LowCardinality(String),
  edge String, seq UInt64, attributes String`;
const table = `CREATE TABLE IF NOT EXISTS drover.reports (${structure}) ENGINE = MergeTree
  ORDER BY (asset, at) SETTINGS non_replicated_deduplication_window = 1000`;
const generate = `SELECT concat('aircraft:', lower(hex(toUInt32(number % 10000 + 7000000)))),
  toDateTime64(1700000000 + number / 100, 3), toDateTime64(1700000001 + number / 100, 3),
  47 + number * 0.00001, 8 + number * 0.00002, toFloat32(number % 12000), toFloat32(230.5),
  toFloat32(number % 360), toFloat32(1.5), 'opensky', 'edge-1', number,
  concat('{"callsign":"SWR', toString(number % 999), '","squawk":"1000","country":"Switzerland"}')
  FROM numbers(${rows}) FORMAT RowBinary`;

await using folder = await temporaryFolder();
const session = new Session(join(folder.path, "inside"), {
  connectionArgs: connectionArgs({
    folder: "",
    database: "",
    lanes: { read: { sessions: 1, waitersMax: 1 }, write: { sessions: 1, waitersMax: 1 } },
    memoryBytes: 640 * 1024 * 1024,
  }),
});
await session.queryAsync("CREATE DATABASE drover");
await session.queryAsync(table);
const body = Buffer.from((await session.queryAsync(generate)).bytes());
const spooled = join("/dev/shm", `drover-measure-${process.pid}`);
await writeFile(spooled, body);

await using outside = await startProcess(join(folder.path, "outside"), {
  DROVER_CLICKHOUSE_SPOOL: `/dev/shm/drover-measure-spool-${process.pid}`,
});
const { url, username, password } = outside.target;
const agent = new Agent({ connections: 4, pipelining: 1 });
const headers = { "x-clickhouse-user": username, "x-clickhouse-key": password };
const client = createClient({ url, username, password, database: "drover" });
await client.command({ query: table });

let token = 0;
const ways: Readonly<Record<string, () => Promise<unknown>>> = {
  "in process": () =>
    session.queryAsync(
      `INSERT INTO drover.reports FROM INFILE '${spooled}' COMPRESSION 'none' SETTINGS insert_deduplication_token = 't${token}' FORMAT RowBinary`,
    ),
  "front, undici": async () => {
    const query = `INSERT INTO drover.reports FORMAT RowBinary`;
    const search = new URLSearchParams({ query, insert_deduplication_token: `t${token}` });
    const answer = await request(`${url}/?${search.toString()}`, {
      method: "POST",
      body,
      headers,
      dispatcher: agent,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(text);
  },
  "front, @clickhouse/client": async () => {
    const answer = await client.exec({
      query: "INSERT INTO drover.reports FORMAT RowBinary",
      values: Readable.from([body], { objectMode: false }),
      clickhouse_settings: { insert_deduplication_token: `t${token}` },
    });
    // An answer that is not read keeps its connection from the next request.
    answer.stream.resume();
  },
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function memory(): Promise<string> {
  const rollup = await readFile(`/proc/${outside.pid}/smaps_rollup`, "utf8");
  return [...rollup.matchAll(/^(Rss|Pss):\s+(\d+) kB/gm)]
    .map(([, name, kb]) => `${name} ${Math.round(Number(kb) / 1024)} MiB`)
    .join(", ");
}

say(`${rows} rows, ${body.length} bytes a batch (${Math.round(body.length / Number(rows))} a row)`);
say(`idle: ${await memory()}`);
for (const insert of Object.values(ways)) {
  token += 1;
  await insert();
}
const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
for (let batch = 0; batch < Number(batches); batch += 1) {
  // In turns, batch by batch, so that what else the machine does weighs on all alike.
  for (const [name, insert] of Object.entries(ways)) {
    token += 1;
    const startedMs = performance.now();
    await insert();
    times.get(name)?.push(performance.now() - startedMs);
  }
}
let baseMs = 0;
for (const [name, taken] of times) {
  taken.sort((a, b) => a - b);
  const [quick = 0, middle = 0] = [0.1, 0.5].map((q) => taken[Math.floor(q * taken.length)]);
  baseMs ||= middle;
  const rate = Math.round((Number(rows) / middle) * 1_000);
  const percent = Math.round((100 * baseMs) / middle);
  say(
    `${name}: p50 ${middle.toFixed(1)} ms, p10 ${quick.toFixed(1)} ms, ${rate} rows/s, ${percent} %`,
  );
}
say(`after: ${await memory()}`);
await client.close();
await agent.close();
session.close();
await rm(spooled, { force: true });
await outside.end("SIGTERM");
