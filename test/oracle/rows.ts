// Every row of history as the report that it says it is, read from ClickHouse itself and not
// through any code of ours that wrote it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Report } from "../../core/model/report.ts";
import type { Drover } from "../boot.ts";

const absent = -2_147_483_648;

const Row = z.object({
  asset: z.string(),
  at: z.int(),
  lat: z.int(),
  lon: z.int(),
  altitude: z.int(),
  accuracy: z.int(),
  speed: z.int(),
  heading: z.int(),
  climb: z.int(),
  flags: z.int(),
  measurements: z.record(z.string(), z.number()),
  attributes: z.record(z.string(), z.string()),
  source: z.string(),
});

const statement = `
  SELECT asset, toInt64(toUnixTimestamp64Milli(at)) AS at, lat_e7 AS lat, lon_e7 AS lon,
    altitude_cm AS altitude, accuracy_cm AS accuracy, speed_cmps AS speed, heading_cdeg AS heading,
    climb_cmps AS climb, flags, measurements, attributes, source
  FROM reports FORMAT JSONEachRow
  SETTINGS output_format_json_quote_64bit_integers = 0, max_execution_time = 120`;

/** Asks the engine that `drover up` started. */
export async function query(drover: Drover, sql: string): Promise<string> {
  const engine = (await drover.state()).processes.find(({ instance }) => instance === "clickhouse");
  assert.ok(engine, "no engine runs");
  const password = (
    await readFile(join(drover.dataDir, "secrets", "clickhouse.password"), "utf8")
  ).trim();
  const credentials = Buffer.from(`drover:${password}`).toString("base64");
  const response = await fetch(`http://127.0.0.1:${engine.port}/?database=drover`, {
    method: "POST",
    headers: { authorization: `Basic ${credentials}` },
    body: sql,
  });
  const text = await response.text();
  assert.equal(response.status, 200, text.slice(0, 500));
  return text;
}

export async function readRows(drover: Drover): Promise<Report[]> {
  const reports: Report[] = [];
  const text = await query(drover, statement);
  for (const line of text.split("\n"))
    if (line !== "") reports.push(reportOf(Row.parse(JSON.parse(line))));
  return reports;
}

function reportOf(row: z.infer<typeof Row>): Report {
  const part = (value: number, steps: number) => (value === absent ? undefined : value / steps);
  const lat = part(row.lat, 1e7);
  const lon = part(row.lon, 1e7);
  const position =
    lat === undefined || lon === undefined
      ? undefined
      : {
          lat,
          lon,
          altitudeM: part(row.altitude, 100),
          accuracyM: part(row.accuracy, 100),
          onGround: (row.flags & 1) === 0 ? undefined : (row.flags & 2) !== 0,
        };
  const motion = {
    speedMps: part(row.speed, 100),
    headingDeg: part(row.heading, 100),
    climbMps: part(row.climb, 100),
  };
  const hasMotion = Object.values(motion).some((value) => value !== undefined);
  return {
    asset: row.asset,
    kind: row.asset.slice(0, row.asset.indexOf(":")),
    at: row.at,
    ...(position && { position }),
    ...(hasMotion && { motion }),
    ...(Object.keys(row.measurements).length > 0 && { measurements: row.measurements }),
    ...(Object.keys(row.attributes).length > 0 && { attributes: row.attributes }),
    source: row.source,
    ...((row.flags & 4) !== 0 && { historical: true }),
  };
}
