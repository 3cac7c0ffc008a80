// Pieces of SQL that say how the fixed-point columns of a report are read. `absent` is the value
// that stands for "not reported"; see core/model/row.ts.

import { absent, flags, rowColumns } from "../model/row.ts";

/** `asset, at, …`: the physical columns, in the order of the bytes. */
export const rowColumnNames = rowColumns.map((column) => column.name).join(", ");

const day = 86_400_000;

/** Milliseconds since the start of the event's day, UTC: the same for every bucket up to a day. */
const offsetInDay = `toUnixTimestamp64Milli(at) % ${day}`;

export const isSuspect = `bitAnd(flags, ${flags.suspect}) != 0`;
export const hasPosition = `lat_e7 != ${absent}`;

/** A fixed-point column that is `absent` where the report is not believed. */
export const believed = (column: string): string => `if(${isSuspect}, ${absent}, ${column})`;

/** A column of a table as a nullable quantity in SI units. */
export const quantity = (column: string, steps: number): string =>
  `if(${column} = ${absent}, NULL, ${column} / ${steps})`;

/**
 * Time and value in one number, so that `min` of it is the first value of a bucket and `max` the
 * last: cheap, mergeable in any order, and the same for equal times whoever merges.
 */
export const packInt = (column: string): string =>
  `bitOr(bitShiftLeft(toUInt64(${offsetInDay}), 32), toUInt64(toInt64(${column}) + 2147483648))`;
export const unpackInt = (packed: string): string =>
  `toInt64(bitAnd(${packed}, 4294967295)) - 2147483648`;

/** The same for a Float64, in 128 bits; its bits order only within one time, which is enough. */
export const packFloat = (column: string): string =>
  `bitOr(bitShiftLeft(toUInt128(${offsetInDay}), 64), toUInt128(reinterpretAsUInt64(${column})))`;
export const unpackFloat = (packed: string): string =>
  `reinterpretAsFloat64(toUInt64(bitAnd(${packed}, toUInt128(18446744073709551615))))`;

/** The same for a place. */
export const packPlace =
  `bitOr(bitShiftLeft(toUInt128(${offsetInDay}), 64), ` +
  `bitOr(bitShiftLeft(toUInt128(toInt64(lat_e7) + 2147483648), 32), toUInt128(toInt64(lon_e7) + 2147483648)))`;

/** Degrees out of a packed place. */
export const unpackPlace = (packed: string, part: "lat" | "lon"): string =>
  `(toInt64(bitAnd(${part === "lat" ? `bitShiftRight(${packed}, 32)` : packed}, toUInt128(4294967295))) - 2147483648) / 1e7`;

/** Web Mercator (EPSG:3857) as the whole UInt32 range; clamped at its edge of ±85.0511°. */
export const mercatorX = "toUInt32((lon_e7 + 1800000000) / 3600000000 * 4294967295)";
export const mercatorY =
  "toUInt32(greatest(0., least(1., 0.5 - log(tan(pi() / 4 + " +
  "greatest(-1.4844222297453324, least(1.4844222297453324, lat_e7 * 1.7453292519943295e-9)) / 2)) " +
  "/ (2 * pi()))) * 4294967295)";
