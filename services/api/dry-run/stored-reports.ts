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

/** Pages of reports; every report of an asset comes before the first of the next one. */
export async function* storedReports(
  ask: Ask,
  range: StoredRange,
  pageRows: number,
): AsyncGenerator<readonly StampedReport[]> {
  const { where, params } = conditionsOf(range);
  let after: StampedReport | undefined;
  for (;;) {
    const place = after && {
      asset: after.asset,
      at: after.at,
      edge: after.edge,
      epoch: after.epoch,
      seq: after.seq,
    };
    const bytes = await ask((history) =>
      history.bytes(
        `SELECT ${rowColumnNames} FROM reports WHERE ${where} ${place ? behind : ""}
         ORDER BY asset, at, edge, epoch, seq LIMIT {pageRows:UInt32} FORMAT RowBinary`,
        { params: { ...params, ...place, pageRows } },
      ),
    );
    const rows = decodeRows(bytes);
    after = rows.at(-1);
    if (rows.length > 0) yield rows;
    if (rows.length < pageRows) return;
  }
}

/** The first two conditions let the index begin at the place. */
const behind = `AND asset >= {asset:String}
  AND (asset > {asset:String} OR at >= ${instant("at")})
  AND (asset, at, edge, epoch, seq) >
    ({asset:String}, ${instant("at")}, {edge:String}, {epoch:UInt32}, {seq:UInt64})`;

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
