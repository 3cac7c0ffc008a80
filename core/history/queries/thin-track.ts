// Thins a track that is in memory as the database thins a longer one (`track.ts`): bucket of time by
// bucket, keeping the ends, the highest and lowest place, take-off and landing.

import { absent, flags } from "../../model/row.ts";

/** t (epoch ms), lat_e7, lon_e7, altitude_cm, speed_cmps, heading_cdeg, climb_cmps, flags. */
export type TrackRow = readonly [number, number, number, number, number, number, number, number];

interface Bucket {
  readonly first: number;
  last: number;
  lowest: number;
  highest: number;
  landing: number;
  takeOff: number;
}

const none = -1;
const groundKnown = flags.groundKnown | flags.onGround;
const inTheAir = flags.groundKnown;

/** What remains of rows in the order of time: at most six of each bucket of `widthMs`. */
export function thinTrack(rows: readonly TrackRow[], widthMs: number): readonly TrackRow[] {
  const kept: TrackRow[] = [];
  const startAt = rows[0]?.[0] ?? 0;
  let bucket: Bucket | undefined;
  let number = none;
  let before: number | undefined;
  for (const [index, row] of rows.entries()) {
    const place = Math.floor((row[0] - startAt) / widthMs);
    if (bucket === undefined || place !== number) {
      if (bucket !== undefined) keep(bucket, rows, kept);
      bucket = {
        first: index,
        last: index,
        lowest: none,
        highest: none,
        landing: none,
        takeOff: none,
      };
      number = place;
    }
    bucket.last = index;
    noteAltitude(bucket, rows, index);
    const ground = row[7] & groundKnown;
    if (bucket.landing === none && ground === groundKnown && before === inTheAir) {
      bucket.landing = index;
    }
    if (bucket.takeOff === none && ground === inTheAir && before === groundKnown) {
      bucket.takeOff = index;
    }
    before = ground;
  }
  if (bucket !== undefined) keep(bucket, rows, kept);
  return kept;
}

function noteAltitude(bucket: Bucket, rows: readonly TrackRow[], index: number): void {
  const altitude = altitudeOf(rows, index);
  if (altitude === absent) return;
  if (bucket.lowest === none || altitude < altitudeOf(rows, bucket.lowest)) bucket.lowest = index;
  // Of equal ones the database keeps the newest here and the oldest above.
  if (bucket.highest === none || altitude >= altitudeOf(rows, bucket.highest))
    bucket.highest = index;
}

const altitudeOf = (rows: readonly TrackRow[], index: number): number => rows[index]?.[3] ?? absent;

function keep(bucket: Bucket, rows: readonly TrackRow[], kept: TrackRow[]): void {
  const { first, last, lowest, highest, landing, takeOff } = bucket;
  const places = new Set([first, last, lowest, highest, landing, takeOff]);
  places.delete(none);
  for (const index of [...places].toSorted((a, b) => a - b)) {
    const row = rows[index];
    if (row !== undefined) kept.push(row);
  }
}
