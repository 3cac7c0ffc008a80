// The tables of history. Reports go into `reports` at once, in small inserts, and shortly after into
// `feed`, in large ones; the views hang on the feed. docs/decisions/0005-history.md has the figures.

import { rowColumns } from "../model/row.ts";
import { quantity } from "./columns.ts";
import { derivedSelect, derivedTables, motionColumns } from "./derived.ts";
import type { DerivedTable } from "./derived.ts";

export interface TableOptions {
  /** Each part is on the disk before its insert is answered; for servers without checkpoints. */
  readonly isFsynced: boolean;
}

/**
 * Parts that each table remembers, to recognise an insert that comes again: one for each partition (a
 * day, mostly) that it touches.
 */
const dedupWindow = 10_000;

const settings = (options: TableOptions, more: readonly string[] = []): string =>
  [
    // One holds for MergeTree, the other for ReplicatedMergeTree; a server may make either of it.
    `non_replicated_deduplication_window = ${dedupWindow}`,
    `replicated_deduplication_window = ${dedupWindow}`,
    // A torn part is set aside when the table is opened, instead of keeping it closed.
    "max_suspicious_broken_parts = 1000000",
    "max_suspicious_broken_parts_bytes = 1000000000000",
    ...(options.isFsynced ? ["fsync_after_insert = 1", "fsync_part_directory = 1"] : []),
    ...more,
  ].join(", ");

/** A small table that is read as a whole: parts of the last seconds are soon one with the rest. */
const quicklyMerged = [
  "min_age_to_force_merge_seconds = 15",
  "min_age_to_force_merge_on_partition_only = 1",
];

/** Days go as whole parts, which costs nothing. */
const byPart = "ttl_only_drop_parts = 1";

const small = "CODEC(ZSTD(1))";
const time = "CODEC(DoubleDelta, ZSTD(1))";
const fixed = "CODEC(Delta, ZSTD(1))";
/**
 * Readings repeat from row to row with other values between: the closer look makes a station's row a
 * tenth smaller, and costs nothing where there are none.
 */
const readings = "CODEC(ZSTD(9))";
/** Small numbers in wide columns. */
const narrow = "CODEC(T64, ZSTD(1))";

function codecOf(name: string, type: string): string {
  if (name === "measurements") return readings;
  // A report's time is a cadence with a tremble, which the second difference only doubles.
  if (name === "at") return fixed;
  if (type.startsWith("DateTime64")) return time;
  if (type === "Int32" || type === "UInt64") return fixed;
  if (type === "Int64") return narrow;
  return small;
}

const physical = (withCodecs: boolean): string =>
  rowColumns
    .map(({ name, type }) => `${name} ${type}${withCodecs ? ` ${codecOf(name, type)}` : ""}`)
    .join(",\n  ");

/** For people and for queries: SI units, absent as NULL. They take no space. */
const friendly = [
  "kind LowCardinality(String) ALIAS substring(asset, 1, position(asset, ':') - 1)",
  `lat Nullable(Float64) ALIAS ${quantity("lat_e7", 1e7)}`,
  `lon Nullable(Float64) ALIAS ${quantity("lon_e7", 1e7)}`,
  `altitude_m Nullable(Float64) ALIAS ${quantity("altitude_cm", 100)}`,
  `accuracy_m Nullable(Float64) ALIAS ${quantity("accuracy_cm", 100)}`,
  `speed_mps Nullable(Float64) ALIAS ${quantity("speed_cmps", 100)}`,
  `heading_deg Nullable(Float64) ALIAS ${quantity("heading_cdeg", 100)}`,
  `climb_mps Nullable(Float64) ALIAS ${quantity("climb_cmps", 100)}`,
  "sent_at DateTime64(3, 'UTC') ALIAS fromUnixTimestamp64Milli(toUnixTimestamp64Milli(at) + sent_after_ms, 'UTC')",
  "received_at DateTime64(3, 'UTC') ALIAS fromUnixTimestamp64Milli(toUnixTimestamp64Milli(at) + sent_after_ms + received_after_ms, 'UTC')",
  "on_ground Nullable(Bool) ALIAS if(bitAnd(flags, 1) = 0, NULL, bitAnd(flags, 2) != 0)",
  "historical Bool ALIAS bitAnd(flags, 4) != 0",
  "suspect Bool ALIAS bitAnd(flags, 8) != 0",
].join(",\n  ");

const aggregate = (kind: "sum" | "min" | "max", type: string): string =>
  `SimpleAggregateFunction(${kind}, ${type}) ${small}`;

/** Roll-ups of a width that makes few rows lie in fewer partitions. */
const bucketPartition =
  "(step, multiIf(step = 60, toYYYYMMDD(bucket), step = 3600, toYYYYMM(bucket), toYear(bucket)))";

const motionAggregates = motionColumns.flatMap(({ name }) => [
  `${name}_count ${aggregate("sum", "UInt64")}`,
  `${name}_sum ${aggregate("sum", "Int64")}`,
  `${name}_min ${aggregate("min", "Int32")}`,
  `${name}_max ${aggregate("max", "Int32")}`,
  `${name}_first ${aggregate("min", "UInt64")}`,
  `${name}_last ${aggregate("max", "UInt64")}`,
]);

function derivedTable(table: DerivedTable, options: TableOptions): string {
  switch (table) {
    case "latest":
      return `CREATE TABLE IF NOT EXISTS latest (
  ${physical(true)},
  sections UInt8 ${small},
  version UInt128 ${small}
) ENGINE = ReplacingMergeTree(version) ORDER BY (asset, sections)
SETTINGS ${settings(options, quicklyMerged)}`;
    case "motion":
      return `CREATE TABLE IF NOT EXISTS motion (
  step UInt32, asset String ${small}, bucket DateTime('UTC') ${time},
  reports ${aggregate("sum", "UInt64")},
  ${motionAggregates.join(",\n  ")},
  place_last ${aggregate("max", "UInt128")}
) ENGINE = AggregatingMergeTree PARTITION BY ${bucketPartition} ORDER BY (step, asset, bucket)
SETTINGS ${settings(options, [byPart])}`;
    case "measurements":
      return `CREATE TABLE IF NOT EXISTS measurements (
  step UInt32, asset String ${small}, metric LowCardinality(String) ${small},
  bucket DateTime('UTC') ${time},
  count ${aggregate("sum", "UInt64")},
  sum ${aggregate("sum", "Float64")},
  min ${aggregate("min", "Float64")},
  max ${aggregate("max", "Float64")},
  first ${aggregate("min", "UInt128")},
  last ${aggregate("max", "UInt128")}
) ENGINE = AggregatingMergeTree PARTITION BY ${bucketPartition}
ORDER BY (step, asset, metric, bucket)
SETTINGS ${settings(options, [byPart])}`;
    case "heat":
      return `CREATE TABLE IF NOT EXISTS heat (
  resolution UInt8, bucket DateTime('UTC') ${time}, cell UInt64 ${fixed}, reports UInt64 ${small}
) ENGINE = SummingMergeTree(reports) PARTITION BY toYYYYMMDD(bucket)
ORDER BY (resolution, bucket, cell)
SETTINGS ${settings(options, [byPart])}`;
    case "map_points":
      return `CREATE TABLE IF NOT EXISTS map_points (
  level UInt8, place UInt64 ${fixed}, at DateTime64(3, 'UTC') ${small}, asset String ${small},
  altitude_cm Int32 ${small}, speed_cmps Int32 ${small}, heading_cdeg Int32 ${small},
  x UInt32 ${small}, y UInt32 ${small},
  INDEX x_range x TYPE minmax GRANULARITY 1, INDEX y_range y TYPE minmax GRANULARITY 1
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(at) ORDER BY (level, place, at)
SETTINGS ${settings(options, [byPart])}`;
  }
}

/** Everything of version 1, in an order that can be run again at any point. */
export function createTables(options: TableOptions): readonly string[] {
  return [
    `CREATE TABLE IF NOT EXISTS reports (
  ${physical(true)},
  ${friendly}
) ENGINE = MergeTree PARTITION BY toYYYYMMDD(at) ORDER BY (asset, at)
SETTINGS ${settings(options, [byPart, "min_parts_to_merge_at_once = 10", "merge_selector_base = 60"])}`,
    `CREATE TABLE IF NOT EXISTS feed (
  ${physical(false)}
) ENGINE = Null`,
    ...derivedTables.flatMap((table) => [
      derivedTable(table, options),
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${table}_view TO ${table} AS
${derivedSelect(table, { table: "feed" })}`,
    ]),
    `CREATE TABLE IF NOT EXISTS quarantine (
  id String ${small}, edge LowCardinality(String) ${small}, epoch UInt32 ${small},
  seq UInt64 ${small}, line UInt32 ${small}, reason LowCardinality(String) ${small},
  detail String ${small}, received_at DateTime64(3, 'UTC') ${time}, text String ${small},
  is_truncated Bool, readmitted_at Nullable(DateTime64(3, 'UTC')),
  version UInt64
) ENGINE = ReplacingMergeTree(version) ORDER BY id
SETTINGS ${settings(options)}`,
    `CREATE TABLE IF NOT EXISTS repairs (
  boot String, kind Enum8('seen' = 1, 'done' = 2), partition UInt16, days Array(Date),
  at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree ORDER BY (boot, kind, partition)
SETTINGS ${settings(options)}`,
  ];
}

/** Roll-ups of a minute are kept at least so long: they stand in for reports that are gone. */
const minutesDaysMin = 90;
/** The last second that a DateTime can name; one beyond it would wrap to 1970 and be forgotten. */
const endOfTime = 4_294_967_295;

const after = (seconds: string, days: number): string =>
  `toDateTime(least(${seconds} + ${days * 86_400}, ${endOfTime}), 'UTC')`;

/** When the rows of each table are forgotten; what is not named is kept: hours, days, latest. */
export function retentionOf(retentionDays: number): readonly { table: string; ttl: string }[] {
  const minutesDays = Math.max(retentionDays, minutesDaysMin);
  const ofEvent = after("intDiv(toUnixTimestamp64Milli(at), 1000)", retentionDays);
  const ofArrival = after("intDiv(toUnixTimestamp64Milli(received_at), 1000)", retentionDays);
  const ofBucket = after("toInt64(toUInt32(bucket))", minutesDays);
  const rollup = `if(step = 60, ${ofBucket}, toDateTime(${endOfTime}, 'UTC'))`;
  return [
    { table: "reports", ttl: ofEvent },
    { table: "map_points", ttl: ofEvent },
    { table: "heat", ttl: ofBucket },
    { table: "motion", ttl: rollup },
    { table: "measurements", ttl: rollup },
    { table: "quarantine", ttl: ofArrival },
  ];
}
