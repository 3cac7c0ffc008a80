// What history holds of a range of time, for judging again: asset by asset, each in the order of
// event time, a page at a time.

import type { History } from "@drover/core/history/client";
import { hasPosition, rowColumnNames } from "@drover/core/history/columns";
import { instant } from "@drover/core/history/queries/box";
import type { StampedReport } from "@drover/core/model/report";
import { decodeRows } from "@drover/core/model/row";
import type { Selection } from "@drover/core/model/zone";

export interface StoredRange {
  /** Event time, epoch ms; `to` does not belong to it. */
  readonly from: number;
  readonly to: number;
  readonly applies: Selection | undefined;
  /** Leaves out reports without a position. */
  readonly withPosition: boolean;
}

/** Asks history once. */
export type Ask = <T>(question: (history: History) => Promise<T>) => Promise<T>;

const HOUR_MS = 3_600_000;

/**
 * The range, begun later by whole hours when it holds more than `rowsMax` rows: the latest hours that
 * do not, one at least.
 */
export async function fitRange(
  ask: Ask,
  range: StoredRange,
  rowsMax: number,
): Promise<StoredRange> {
  const { where, params } = conditionsOf(range);
  const hours = await ask((history) =>
    history.rows<{ hour: number; rows: number }>(
      `SELECT toUInt32(intDiv(toUnixTimestamp64Milli(at), ${HOUR_MS})) AS hour, toFloat64(count()) AS rows
       FROM reports WHERE ${where} GROUP BY hour ORDER BY hour DESC`,
      { params },
    ),
  );
  let rows = 0;
  for (const [index, hour] of hours.entries()) {
    rows += hour.rows;
    if (rows <= rowsMax || index === 0) continue;
    return { ...range, from: (hour.hour + 1) * HOUR_MS };
  }
  return range;
}

/** What one question asks for: all of some assets, or a part of the range for one. */
export interface Batch {
  readonly first: string;
  readonly last: string;
  readonly from: number;
  readonly to: number;
}

/** Pages of reports; every report of an asset comes before the first of the next one. */
export async function* storedReports(
  ask: Ask,
  range: StoredRange,
  pageRows: number,
): AsyncGenerator<readonly StampedReport[]> {
  const { where, params } = conditionsOf(range);
  const counts = await ask((history) =>
    history.rows<{ asset: string; rows: number }>(
      `SELECT asset, toFloat64(count()) AS rows FROM reports WHERE ${where}
       GROUP BY asset ORDER BY asset`,
      { params },
    ),
  );
  for (const batch of planBatches(counts, range, pageRows)) {
    const bytes = await ask((history) =>
      history.bytes(
        `SELECT ${rowColumnNames} FROM reports
         WHERE ${where} AND asset >= {first:String} AND asset <= {last:String}
         ORDER BY asset, at, edge, epoch, seq FORMAT RowBinary`,
        { params: { ...params, ...batch } },
      ),
    );
    if (bytes.length > 0) yield decodeRows(bytes);
  }
}

/**
 * Assets in their order, as many at once as make a page. Whole assets are a range of the table's key,
 * which costs no more than what it holds; an asset with more than a page is taken in parts of equal time.
 */
export function planBatches(
  counts: readonly { readonly asset: string; readonly rows: number }[],
  range: { readonly from: number; readonly to: number },
  pageRows: number,
): readonly Batch[] {
  const { from, to } = range;
  const batches: Batch[] = [];
  let open: { first: string; last: string; rows: number } | undefined;
  const close = () => {
    if (open !== undefined) batches.push({ first: open.first, last: open.last, from, to });
    open = undefined;
  };
  for (const { asset, rows } of counts) {
    if (open !== undefined && open.rows + rows > pageRows) close();
    if (rows <= pageRows) {
      open = { first: open?.first ?? asset, last: asset, rows: (open?.rows ?? 0) + rows };
      continue;
    }
    const parts = Math.ceil(rows / pageRows);
    const partMs = Math.ceil((to - from) / parts);
    for (let start = from; start < to; start += partMs) {
      batches.push({ first: asset, last: asset, from: start, to: Math.min(to, start + partMs) });
    }
  }
  close();
  return batches;
}

function conditionsOf({ from, to, applies, withPosition }: StoredRange) {
  const conditions = [`at >= ${instant("from")} AND at < ${instant("to")}`];
  const params: Record<string, unknown> = { from, to };
  if (withPosition) conditions.push(hasPosition);
  if (applies?.kinds !== undefined || applies?.assets !== undefined) {
    const kind = "substring(asset, 1, position(asset, ':') - 1)";
    conditions.push(`(${kind} IN {kinds:Array(String)} OR asset IN {assets:Array(String)})`);
    params["kinds"] = [...(applies.kinds ?? [])];
    params["assets"] = [...(applies.assets ?? [])];
  }
  return { where: conditions.join(" AND "), params };
}
