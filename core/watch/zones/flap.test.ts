// What stands still must not come and go.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Fix } from "./fix.ts";
import { briefly, fixAt, startAt, tell, zoneOf } from "./testing.ts";
import { createZoneSet } from "./zone-set.ts";

const radiusM = 500;
const yard = createZoneSet([
  zoneOf({ shape: { type: "circle", center: [0, 0], radiusM } }),
  zoneOf({
    id: "lane",
    shape: {
      type: "corridor",
      line: [
        [-0.1, 0.1],
        [0.1, 0.1],
      ],
      widthM: 30,
    },
  }),
]);

/** A small generator with a seed (mulberry32), and from it normal numbers (Box and Muller 1958). */
function noiseOf(seed: number): () => number {
  let state = seed;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

interface Noise {
  readonly eastM: number;
  readonly northM: number;
  readonly accuracyM: number;
  /** How much of the error stays from one fix to the next: 0 jumps, near 1 wanders. */
  readonly kept: number;
  readonly everyS: number;
  readonly seed: number;
}

/** An asset that stands at a place; two thirds of its fixes are within their accuracy, as receivers mean it. */
function standing({ eastM, northM, accuracyM, kept, everyS, seed }: Noise): Fix[] {
  const noise = noiseOf(seed);
  const sigmaM = accuracyM / 1.51;
  const fresh = Math.sqrt(1 - kept * kept);
  let [x, y] = [noise() * sigmaM, noise() * sigmaM];
  return Array.from({ length: 1_200 }, (_, at) => {
    x = kept * x + fresh * sigmaM * noise();
    y = kept * y + fresh * sigmaM * noise();
    return fixAt(at * everyS, [eastM + x, northM + y], { accuracyM });
  });
}

const accuracies = [3, 8, 15, 40];
const laneM = 0.1 * 111_195;

function* corpus(at: (accuracyM: number) => readonly [number, number]) {
  for (const accuracyM of accuracies) {
    for (const kept of [0, 0.9]) {
      for (const everyS of [1, 60]) {
        const [eastM, northM] = at(accuracyM);
        const seed = accuracyM * 100 + kept * 10 + everyS;
        yield { accuracyM, eastM, northM, kept, everyS, seed };
      }
    }
  }
}

test("who stands outside, twice its accuracy off the border, never comes in nor crosses", () => {
  for (const noise of corpus((accuracyM) => [radiusM + 2 * accuracyM, 0])) {
    assert.deepEqual(briefly(tell(standing(noise), yard).all), [], JSON.stringify(noise));
  }
});

test("who stands inside, twice its accuracy off the border, comes in once and never leaves", () => {
  for (const noise of corpus((accuracyM) => [radiusM - 2 * accuracyM, 0])) {
    const { all } = tell(standing(noise), yard);
    assert.deepEqual(
      all.map(({ kind }) => kind),
      ["entered"],
      JSON.stringify(noise),
    );
  }
});

test("who stands on the border comes in at most once and never leaves", () => {
  for (const noise of corpus(() => [radiusM, 0])) {
    const { all } = tell(standing(noise), yard);
    const kinds = all.map(({ kind }) => kind).join();
    assert.ok(kinds === "" || kinds === "entered", `${kinds} ${JSON.stringify(noise)}`);
  }
});

test("who stands beside a lane narrower than its noise crosses it never", () => {
  for (const noise of corpus((accuracyM) => [0, laneM + 15 + 2 * accuracyM])) {
    const { all } = tell(standing(noise), yard);
    const kinds = all.map(({ kind }) => kind).join();
    assert.ok(kinds === "" || kinds === "entered", `${kinds} ${JSON.stringify(noise)}`);
  }
});

const recordings = process.env["DROVER_RECORDINGS"];

/** ddmm.mmmm and a hemisphere as degrees. */
function degreesOf(value: string, hemisphere: string): number {
  const dot = value.indexOf(".") - 2;
  const degrees = Number(value.slice(0, dot)) + Number(value.slice(dot)) / 60;
  return hemisphere === "S" || hemisphere === "W" ? -degrees : degrees;
}

/** The fixes of an NMEA 0183 log: its GGA sentences. Accuracy is 5 m times the horizontal dilution, as receivers reckon it. */
function recorded(path: string): Fix[] {
  const fixes: Fix[] = [];
  for (const line of readFileSync(path, "latin1").split("\n")) {
    const [type, time = "", lat = "", ns = "", lon = "", ew = "", quality, , hdop = ""] =
      line.split(",");
    if (type !== "$GPGGA" || quality === "0" || lat === "") continue;
    const seconds =
      Number(time.slice(0, 2)) * 3_600 + Number(time.slice(2, 4)) * 60 + Number(time.slice(4));
    fixes.push({
      asset: "vessel:moored",
      kind: "vessel",
      at: startAt + seconds * 1_000,
      lat: degreesOf(lat, ns),
      lon: degreesOf(lon, ew),
      accuracyM: Number(hdop) * 5,
    });
  }
  return fixes;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

test(
  "a moored vessel gives no false event, wherever a zone's border lies about it",
  { skip: recordings === undefined && "DROVER_RECORDINGS is not set" },
  () => {
    const fixes = recorded(join(recordings ?? "", "tracks/vessel/gps.log"));
    assert.ok(fixes.length > 1_000, `${fixes.length} fixes`);
    const lat = median(fixes.map((fix) => fix.lat));
    const lon = median(fixes.map((fix) => fix.lon));
    for (const radius of [60, 150, 400, 2_000]) {
      for (const awayM of [-60, -30, 0, 30, 60]) {
        for (let course = 0; course < 360; course += 45) {
          const offM = (radius + awayM) / 111_195;
          const center: [number, number] = [
            lon + (offM * Math.sin((course * Math.PI) / 180)) / Math.cos((lat * Math.PI) / 180),
            lat + offM * Math.cos((course * Math.PI) / 180),
          ];
          const set = createZoneSet([
            zoneOf({ shape: { type: "circle", center, radiusM: radius } }),
          ]);
          const kinds = tell(fixes, set)
            .all.map(({ kind }) => kind)
            .join();
          const where = `${kinds}: radius ${radius} m, ${awayM} m outside, to ${course}°`;
          if (awayM === 60) assert.equal(kinds, "", where);
          else if (awayM === -60) assert.equal(kinds, "entered", where);
          else assert.ok(kinds === "" || kinds === "entered", where);
        }
      }
    }
  },
);
