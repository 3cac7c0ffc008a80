// What is known of assets now, from the table `latest`. Latest is the maximum event time, section by
// section; the table holds at most 16 rows an asset, which are folded here.

import type { StampedReport } from "../../model/report.ts";
import { decodeRows } from "../../model/row.ts";
import type { History } from "../client.ts";
import { rowColumnNames } from "../columns.ts";
import { boxParams, insideBox, instant } from "./box.ts";
import type { Box } from "./box.ts";

export interface AssetFilter {
  /** Only these kinds. */
  readonly kinds?: readonly string[] | undefined;
  /** Text in the id or in the value of an attribute, whatever its case. */
  readonly text?: string | undefined;
  /** Where the newest place lies. */
  readonly box?: Box | undefined;
  /** Spoke at or after this event time, epoch ms. */
  readonly since?: number | undefined;
}

export interface AssetPage {
  /** The last asset of the page before; the first page when absent. */
  readonly after?: string | undefined;
  readonly limit: number;
}

export interface LatestAsset {
  readonly asset: string;
  readonly kind: string;
  /** Greatest event time of any report, epoch ms; the rest of the delivery is that report's. */
  readonly at: number;
  readonly source: string;
  readonly edge: string;
  readonly epoch: number;
  readonly seq: number;
  readonly sentAt: number;
  readonly receivedAt: number;
  /** Each section may be older than the report; suspect places and motions are not believed. */
  readonly position?: NonNullable<StampedReport["position"]> & { readonly at: number };
  readonly motion?: NonNullable<StampedReport["motion"]>;
  readonly measurements?: NonNullable<StampedReport["measurements"]>;
  readonly attributes?: NonNullable<StampedReport["attributes"]>;
}

/**
 * Assets in the order of their ids. `next` is the cursor of the following page; a page may hold fewer
 * than `limit`.
 */
export async function latestAssets(
  history: History,
  filter: AssetFilter,
  page: AssetPage,
): Promise<{ items: readonly LatestAsset[]; next: string | undefined }> {
  const { where, having, params } = conditionsOf(filter, page);
  if (having === "") return plainPage(history, where, { ...params, limit: page.limit });
  const chosen = `SELECT asset FROM latest ${where} GROUP BY asset ${having}
    ORDER BY asset LIMIT {limit:UInt32}`;
  const bytes = await history.bytes(
    `SELECT ${rowColumnNames} FROM latest FINAL WHERE asset IN (${chosen})
     ORDER BY asset, sections FORMAT RowBinary`,
    { params },
  );
  const items = foldLatest(decodeRows(bytes));
  return { items, next: items.length < page.limit ? undefined : items.at(-1)?.asset };
}

/** Rows that an asset has at most, one for each set of sections. */
const SECTION_SETS = 16;

/**
 * Without a condition on what is newest, one pass is enough: most assets have one row or two, so that
 * many rows are read as fill the page, and an asset that is cut off is left to the next one.
 */
async function plainPage(
  history: History,
  where: string,
  params: Readonly<Record<string, unknown>> & { readonly limit: number },
): Promise<{ items: readonly LatestAsset[]; next: string | undefined }> {
  const rowsMax = params.limit * 2 + SECTION_SETS;
  const bytes = await history.bytes(
    `SELECT ${rowColumnNames} FROM latest FINAL ${where}
     ORDER BY asset, sections LIMIT {rowsMax:UInt32} FORMAT RowBinary`,
    { params: { ...params, rowsMax } },
  );
  const rows = decodeRows(bytes);
  const isAll = rows.length < rowsMax;
  const found = foldLatest(rows);
  const items = (isAll ? found : found.slice(0, -1)).slice(0, params.limit);
  const isLast = isAll && items.length === found.length;
  return { items, next: isLast ? undefined : items.at(-1)?.asset };
}

/** One asset; undefined when it has never been heard. */
export async function latestAsset(
  history: History,
  asset: string,
): Promise<LatestAsset | undefined> {
  const bytes = await history.bytes(
    `SELECT ${rowColumnNames} FROM latest FINAL WHERE asset = {asset:String}
     ORDER BY sections FORMAT RowBinary`,
    { params: { asset } },
  );
  return foldLatest(decodeRows(bytes))[0];
}

/**
 * The newest report of every asset and set of sections, by id: applied in any order, section by
 * section, they give the latest of every asset. For those who keep it in memory; in pages, so that memory is bounded.
 */
export async function* latestReports(
  history: History,
  assetsPerPage = 10_000,
): AsyncGenerator<readonly StampedReport[]> {
  let after = "";
  for (;;) {
    const bytes = await history.bytes(
      `SELECT ${rowColumnNames} FROM latest FINAL WHERE asset IN (
         SELECT DISTINCT asset FROM latest WHERE asset > {after:String}
         ORDER BY asset LIMIT {limit:UInt32})
       ORDER BY asset, sections FORMAT RowBinary`,
      { params: { after, limit: assetsPerPage } },
    );
    const rows = decodeRows(bytes);
    const last = rows.at(-1)?.asset;
    if (last === undefined) return;
    yield rows;
    after = last;
  }
}

const holdsText = (value: string): string =>
  `positionCaseInsensitiveUTF8(${value}, {text:String}) > 0`;
const newestDegrees = (column: string): string =>
  `argMaxIf(${column}, version, bitAnd(sections, 1) != 0) / 1e7`;

function conditionsOf(filter: AssetFilter, page: AssetPage) {
  const { kinds, text, box, since } = filter;
  const where = ["asset > {after:String}"];
  const having: string[] = [];
  const params: Record<string, unknown> = { after: page.after ?? "", limit: page.limit };
  if (kinds !== undefined) {
    where.push("substring(asset, 1, position(asset, ':') - 1) IN {kinds:Array(String)}");
    params["kinds"] = [...kinds];
  }
  if (text !== undefined) {
    const ofNewest = "argMaxIf(mapValues(attributes), version, bitAnd(sections, 8) != 0)";
    having.push(
      `(${holdsText("asset")} OR arrayExists(value -> ${holdsText("value")}, ${ofNewest}))`,
    );
    params["text"] = text;
  }
  if (box !== undefined) {
    having.push("countIf(bitAnd(sections, 1) != 0) > 0");
    having.push(insideBox(newestDegrees("lat_e7"), newestDegrees("lon_e7"), box));
    Object.assign(params, boxParams(box));
  }
  if (since !== undefined) {
    having.push(`max(at) >= ${instant("since")}`);
    params["since"] = since;
  }
  return {
    where: `WHERE ${where.join(" AND ")}`,
    having: having.length === 0 ? "" : `HAVING ${having.join(" AND ")}`,
    params,
  };
}

/** In the order of the table, which costs no sorting there: by asset, then by set of sections. */
function foldLatest(rows: readonly StampedReport[]): LatestAsset[] {
  const assets: LatestAsset[] = [];
  for (let first = 0; first < rows.length;) {
    const asset = rows[first]?.asset;
    let end = first + 1;
    while (rows[end]?.asset === asset) end += 1;
    const own = end === first + 1 ? [rows[first]] : rows.slice(first, end).toSorted(byDelivery);
    let folded: LatestAsset | undefined;
    for (const row of own) {
      if (row !== undefined) folded = { ...folded, ...foldRow(row) };
    }
    if (folded !== undefined) assets.push(folded);
    first = end;
  }
  return assets;
}

/** From the oldest to the newest; of equal times the later delivery is newer. */
const byDelivery = (a: StampedReport, b: StampedReport): number =>
  a.at - b.at || a.epoch - b.epoch || a.seq - b.seq;

function foldRow(row: StampedReport): LatestAsset {
  const { suspect, position, motion, historical: _historical, ...rest } = row;
  return {
    ...rest,
    ...(position && !suspect && { position: { ...position, at: row.at } }),
    ...(motion && !suspect && { motion }),
  };
}
