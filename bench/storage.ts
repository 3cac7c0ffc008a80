// How many bytes a stored report takes, of the simulated fleet's flights and stations, which move and
// measure as real ones do.

import { createFleet } from "@drover/core/fleet/fleet";
import type { Report } from "@drover/core/model/report";
import { atMost, type Bench, type BenchContext, type Outcome } from "./figure.ts";
import { fillHistory } from "./fill.ts";
import { openRig, type Rig } from "./rig.ts";

export const storageBench: Bench = { name: "storage", run };

const hourMs = 3_600_000;
const mergeMsMax = 120_000;

async function run(context: BenchContext): Promise<readonly Outcome[]> {
  const aircraft = { flights: 300, stations: 0, hours: context.isQuick ? 0.5 : 8 };
  const stations = { flights: 0, stations: 1_000, hours: context.isQuick ? 0.5 : 24 };
  return [
    await measure("aircraft", 40, aircraft, context),
    await measure("station", 12, stations, context),
  ];
}

interface Life {
  readonly flights: number;
  readonly stations: number;
  readonly hours: number;
}

async function measure(
  name: string,
  goalBytes: number,
  life: Life,
  { progress, profileDir }: BenchContext,
): Promise<Outcome> {
  await using rig = await openRig({ services: ["clickhouse", "history"], profileDir });
  let lineBytes = 0;
  const rounds = Iterator.from(liveOf(life)).map((reports) => {
    for (const report of reports) lineBytes += Buffer.byteLength(JSON.stringify(report)) + 1;
    return reports;
  });
  const rows = await fillHistory(rig.history, rounds, (done) => progress(`${name}: ${done} rows`));
  await untilMerged(rig);
  const byTable = await bytesByTable(rig);
  const all = [...byTable.values()].reduce((sum, bytes) => sum + bytes, 0);
  const raw = (byTable.get("reports") ?? Number.NaN) / rows;
  const shares = [...byTable].map(([table, bytes]) => `${table} ${(bytes / rows).toFixed(1)}`);
  return {
    name: `stored bytes per report, ${name}`,
    value: raw,
    unit: "bytes",
    beside: { "with every roll-up": all / rows, "raw NDJSON": lineBytes / rows },
    goal: atMost(raw, goalBytes, `≤ ${goalBytes}`),
    note: `${rows.toLocaleString("en")} rows of ${life.hours} h, merged; ${shares.join(", ")}`,
  };
}

/** Ten minutes at a time. */
function* liveOf({ flights, stations, hours }: Life): Generator<readonly Report[]> {
  const stepMs = hourMs / 6;
  const endAt = Math.floor(Date.now() / stepMs) * stepMs;
  const fleet = createFleet({ seed: 1, flights, stations });
  for (let at = endAt - hours * hourMs; at < endAt; at += stepMs) {
    yield fleet.reportsBetween(at, at + stepMs);
  }
}

/** As merges leave it once they have caught up. */
async function untilMerged(rig: Rig): Promise<void> {
  for (const table of ["reports", "motion", "measurements", "heat", "latest", "map_points"]) {
    await rig.history.command(`OPTIMIZE TABLE ${table} FINAL`);
  }
  const deadlineMs = performance.now() + mergeMsMax;
  while (performance.now() < deadlineMs) {
    const [running] = await rig.history.rows<{ n: number }>(
      "SELECT toFloat64(count()) AS n FROM system.merges",
    );
    if (running?.n === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function bytesByTable(rig: Rig): Promise<ReadonlyMap<string, number>> {
  const rows = await rig.history.rows<{ table: string; bytes: number }>(
    `SELECT table, toFloat64(sum(bytes_on_disk)) AS bytes FROM system.parts
     WHERE active AND database = currentDatabase() AND table NOT IN ('migrations', 'repairs')
     GROUP BY table ORDER BY bytes DESC`,
  );
  return new Map(rows.map(({ table, bytes }) => [table, bytes]));
}
