// Zones on one core: how many fixes a second are judged, with few zones and with many, beside a loop
// that asks every zone in turn.

import { booleanPointInPolygon } from "@turf/boolean-point-in-polygon";
import { point, polygon } from "@turf/helpers";
import type { Zone } from "@drover/core/model/zone";
import type { AssetZones } from "@drover/core/watch/zones/asset-zones";
import type { Fix } from "@drover/core/watch/zones/fix";
import { stepZones } from "@drover/core/watch/zones/step";
import { createZoneSet } from "@drover/core/watch/zones/zone-set";
import { atLeast, type Bench, type BenchContext, type Figure } from "./figure.ts";

const assets = 10_000;
const corners = 24;
const startAt = Date.UTC(2026, 0, 1);

/** Numbers in [0, 1) with a seed: a linear congruential generator (Numerical Recipes, 1992). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Zones of 2 to 20 km across over a continent: polygons of `corners` corners. */
function zonesOf(count: number): Zone[] {
  const random = randomOf(7);
  return Array.from({ length: count }, (_, at) => {
    const [lon, lat] = [115 + random() * 35, -37 + random() * 24];
    const radius = 0.01 + random() * 0.08;
    const ring = Array.from({ length: corners }, (_, corner): [number, number] => {
      const angle = (2 * Math.PI * corner) / corners;
      const reach = radius * (0.7 + 0.3 * random());
      return [lon + reach * Math.cos(angle), lat + reach * Math.sin(angle)];
    });
    const [first = [0, 0]] = ring;
    return {
      id: `zone-${at}`,
      name: `Zone ${at}`,
      shape: { type: "polygon", polygons: [[[...ring, first]]] },
      isEnabled: true,
      version: 1,
      validFrom: 0,
    };
  });
}

/** Assets over the same continent, each at its own speed up to 250 m/s on its own course, once a second. */
function createTraffic(): (asset: number, second: number) => Fix {
  const random = randomOf(11);
  const movers = Array.from({ length: assets }, (_, at) => ({
    asset: `aircraft:${at.toString(16).padStart(6, "0")}`,
    lon: 115 + random() * 35,
    lat: -37 + random() * 24,
    east: (random() - 0.5) * 0.005,
    north: (random() - 0.5) * 0.0045,
  }));
  return (asset, second) => {
    const mover = movers[asset % assets] ?? { asset: "", lon: 0, lat: 0, east: 0, north: 0 };
    return {
      asset: mover.asset,
      kind: "aircraft",
      at: startAt + second * 1_000,
      lat: mover.lat + mover.north * second,
      lon: mover.lon + mover.east * second,
      altitudeM: 3_000,
      accuracyM: 20,
    };
  };
}

interface Measured {
  readonly perSecond: number;
  readonly events: number;
  readonly heapBytes: number;
}

function judge(zones: readonly Zone[], seconds: number): Measured {
  const set = createZoneSet(zones);
  const fixOf = createTraffic();
  const states: (AssetZones | undefined)[] = Array.from({ length: assets });
  let events = 0;
  let spentMs = 0;
  const heapBefore = process.memoryUsage().heapUsed;
  // The first quarter warms up and fills the states.
  const warmUp = Math.ceil(seconds / 4);
  for (let second = 0; second < seconds; second++) {
    const fixes = Array.from({ length: assets }, (_, asset) => fixOf(asset, second));
    const from = performance.now();
    for (const [asset, fix] of fixes.entries()) {
      const step = stepZones(states[asset], fix, set);
      states[asset] = step.state;
      events += step.events.length;
    }
    if (second >= warmUp) spentMs += performance.now() - from;
  }
  return {
    perSecond: ((seconds - warmUp) * assets * 1_000) / spentMs,
    events,
    heapBytes: process.memoryUsage().heapUsed - heapBefore,
  };
}

/** The plain loop: is the place in each polygon? No states, no confirmation, no crossings. */
function turfLoop(zones: readonly Zone[], sample: number): { perSecond: number; inside: number } {
  const polygons = zones.flatMap(({ shape }) =>
    shape.type === "polygon" ? shape.polygons.map((rings) => polygon(rings)) : [],
  );
  const fixOf = createTraffic();
  let inside = 0;
  const from = performance.now();
  for (let asset = 0; asset < sample; asset++) {
    const { lon, lat } = fixOf(asset, 0);
    const place = point([lon, lat]);
    for (const zone of polygons) if (booleanPointInPolygon(place, zone)) inside++;
  }
  return { perSecond: (sample * 1_000) / (performance.now() - from), inside };
}

function figureOf(count: number, { isQuick, progress }: BenchContext): Figure {
  progress(`watch: ${assets} assets × ${count} zones`);
  const zones = zonesOf(count);
  const seconds = isQuick ? 8 : 120;
  const { perSecond, events, heapBytes } = judge(zones, seconds);
  const sample = count === 0 ? 0 : Math.max(20, Math.floor((isQuick ? 20_000 : 2_000_000) / count));
  const turf = sample > 0 ? turfLoop(zones, sample) : undefined;
  return {
    name: `fixes judged on one core against ${count.toLocaleString("en")} zones, ${assets.toLocaleString("en")} assets at 1 Hz`,
    value: Math.round(perSecond),
    unit: "reports/s",
    ...(turf && { beside: { "turf over all zones": Math.round(turf.perSecond) } }),
    goal: atLeast(perSecond, 10_000, "10,000 assets at 1 Hz fit on one core"),
    note: `${corners} corners a zone, ${seconds} s of traffic, ${events} events, states ${Math.round(heapBytes / 1_048_576)} MiB of heap${turf ? `; turf: ${sample} places, ${turf.inside} inside` : ""}`,
  };
}

export const watchBench: Bench = {
  name: "watch",
  run: (context) => Promise.resolve([0, 100, 10_000].map((count) => figureOf(count, context))),
};
