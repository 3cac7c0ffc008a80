// chDB with nothing around it, a process of its own: `bare-chdb.ts <JSON of BareOptions>`. Inserts
// files of RowBinary into history's own tables, one after another, as fast as it takes them.

import { Session } from "chdb";
import { connectionArgs } from "@drover/control/engines/clickhouse/engine";
import { rowColumnNames } from "@drover/core/history/columns";
import { derivedSelect, derivedTables } from "@drover/core/history/derived";
import { createTables } from "@drover/core/history/schema";

export interface BareOptions {
  readonly folder: string;
  /** Whether the views hang on the table of reports; in the one insert that fills it. */
  readonly hasViews: boolean;
  readonly memoryBytes: number;
}

/** What it is told: files to insert, each as one batch. */
export interface BareOrder {
  readonly files: readonly string[];
}

export interface BareAnswer {
  readonly rows: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const options: BareOptions = JSON.parse(process.argv[2] ?? "{}");
const session = new Session(options.folder, {
  connectionArgs: connectionArgs({
    folder: options.folder,
    database: "drover",
    lanes: { read: { sessions: 1, waitersMax: 1 }, write: { sessions: 1, waitersMax: 1 } },
    memoryBytes: options.memoryBytes,
  }),
});

await run("CREATE DATABASE IF NOT EXISTS drover");
await run("USE drover");
for (const statement of createTables({ isFsynced: false })) await run(statement);
if (options.hasViews) {
  for (const table of derivedTables) {
    await run(`DROP VIEW ${table}_view`);
    const select = derivedSelect(table, { table: "reports" });
    await run(`CREATE MATERIALIZED VIEW ${table}_view TO ${table} AS ${select}`);
  }
}

async function run(statement: string): Promise<void> {
  await session.queryAsync(statement);
}

async function countRows(): Promise<number> {
  const result = await session.queryAsync("SELECT count() FROM reports FORMAT TSV");
  return Number(Buffer.from(result.bytes()).toString("utf8"));
}

async function insert({ files }: BareOrder): Promise<BareAnswer> {
  const before = await countRows();
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  for (const file of files) {
    await run(
      `INSERT INTO reports (${rowColumnNames}) FROM INFILE '${file}' COMPRESSION 'none' FORMAT RowBinary`,
    );
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { rows: (await countRows()) - before, seconds, cpuSeconds: (user + system) / 1e6 };
}

process.on("message", (order: BareOrder) => {
  void insert(order).then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
