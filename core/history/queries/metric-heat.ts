// What was measured where: the mean of a measurement in H3 cells, from the roll-ups. A reading lies where
// its asset was last seen by then, as many stations say their place seldom.

import type { History } from "../client.ts";
import { unpackPlace } from "../columns.ts";
import { boxParams, insideBox, instant } from "./box.ts";
import type { HeatCell, HeatQuery } from "./heatmap.ts";

export interface MetricHeatCell extends HeatCell {
  /** Mean of the readings in the cell; `reports` counts them. */
  readonly value: number;
}

const hourMs = 3_600_000;
/** Beyond it hours are read instead of minutes. */
const minutesRangeMs = 6 * hourMs;
/** A place older than this, when a reading came, is not believed to be its place. */
const placeAgeMs = 7 * 24 * hourMs;

export async function metricHeatCells(
  history: History,
  metric: string,
  query: HeatQuery,
): Promise<{ cells: readonly MetricHeatCell[]; isCut: boolean }> {
  const { box, from, to, resolution, cellsMax } = query;
  const step = to - from <= minutesRangeMs ? 60 : 3_600;
  const readings = `SELECT asset, bucket, sum(r.count) AS number, sum(r.sum) AS total
    FROM measurements AS r
    WHERE step = {step:UInt32} AND metric = {metric:String}
      AND bucket >= toStartOfHour(${instant("from")}) AND bucket < ${instant("to")}
    GROUP BY asset, bucket`;
  const places = `SELECT asset, bucket, max(place_last) AS place FROM motion
    WHERE step = {step:UInt32} AND bucket >= ${instant("since")} AND bucket < ${instant("to")}
    GROUP BY asset, bucket HAVING place != 0`;
  const placed = `SELECT number, total, ${unpackPlace("place", "lat")} AS lat, ${unpackPlace("place", "lon")} AS lon
    FROM (${readings}) AS reading ASOF JOIN (${places}) AS seen
      ON reading.asset = seen.asset AND reading.bucket >= seen.bucket`;
  const where = box === undefined ? "" : `WHERE ${insideBox("lat", "lon", box)}`;
  const bytes = await history.bytes(
    `SELECT h3ToString(id), readings, centre.1, centre.2, mean FROM (
       SELECT geoToH3(lat, lon, {resolution:UInt8}) AS id, sum(number) AS readings,
         sum(total) / sum(number) AS mean, h3ToGeo(id) AS centre
       FROM (${placed}) ${where} GROUP BY id)
     ORDER BY readings DESC, id LIMIT {limit:UInt32} FORMAT JSONCompactEachRow`,
    {
      params: {
        ...(box && boxParams(box)),
        metric,
        from,
        to,
        since: from - placeAgeMs,
        step,
        resolution,
        limit: cellsMax + 1,
      },
    },
  );
  const text = bytes.toString("utf8").trimEnd();
  const rows: [string, number, number, number, number][] =
    text === "" ? [] : JSON.parse(`[${text.replaceAll("\n", ",")}]`);
  const cells = rows.map(([cell, reports, lat, lon, value]) => ({
    cell,
    reports,
    lat,
    lon,
    value,
  }));
  return { cells: cells.slice(0, cellsMax), isCut: cells.length > cellsMax };
}
