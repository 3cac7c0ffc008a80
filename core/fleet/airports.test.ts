import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { airlines } from "./airlines.ts";
import { airports } from "./airports.ts";
import { distanceM } from "./sphere.ts";

/** Natural Earth still shows Istanbul's former airport, Ataturk, under this code. */
const moved = new Set(["IST"]);
const recordings = process.env["DROVER_RECORDINGS"];

interface NaturalEarth {
  readonly features: readonly {
    readonly properties: { readonly iata_code: string | null };
    readonly geometry: { readonly coordinates: readonly [number, number] };
  }[];
}

test("has at least 120 airports, each code once, and every hub of an airline", () => {
  assert.ok(airports.length >= 120, String(airports.length));
  assert.equal(new Set(airports.map(({ iata }) => iata)).size, airports.length);
  assert.equal(new Set(airports.map(({ icao }) => icao)).size, airports.length);
  const known = new Set(airports.map(({ iata }) => iata));
  for (const { code, hubs } of airlines) {
    for (const hub of hubs) assert.ok(known.has(hub), `${code}: ${hub}`);
  }
});

test(
  "stands within 6 km of where Natural Earth puts the same airports",
  { skip: recordings === undefined && "DROVER_RECORDINGS is not set" },
  async () => {
    const path = join(recordings ?? "", "map/natural-earth/ne_10m_airports.json");
    const earth: NaturalEarth = JSON.parse(await readFile(path, "utf8"));
    const places = new Map(
      earth.features.map(({ properties, geometry }) => [
        properties.iata_code,
        geometry.coordinates,
      ]),
    );
    let compared = 0;
    const far: string[] = [];
    for (const airport of airports) {
      const at = places.get(airport.iata);
      if (at === undefined || moved.has(airport.iata)) continue;
      compared += 1;
      const away = distanceM(airport, { lonDeg: at[0], latDeg: at[1] });
      if (away > 6_000) far.push(`${airport.iata}: ${Math.round(away)} m`);
    }
    assert.deepEqual(far, []);
    assert.ok(compared >= 100, `${compared} compared`);
  },
);
