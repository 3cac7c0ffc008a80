// Ready-made batches for benchmarks: aircraft-shaped reports, about 230 bytes of JSON each.

import { createRandom } from "../core/service/clock.ts";

/** Assets over all batches; each has its own place and moves a little from batch to batch. */
const assets = 4_000;

/** NDJSON of `count` reports by as many aircraft; equal for equal `batch`. */
export function createAircraftBatch(batch: number, count: number): Buffer {
  const startAt = Date.now();
  const lines = Array.from({ length: count }, (_, index) => {
    const number = (batch * count + index) % assets;
    const random = createRandom(number + 1);
    const between = (min: number, max: number, digits: number) =>
      Number((min + random() * (max - min)).toFixed(digits));
    return JSON.stringify({
      asset: `aircraft:${(0x7c0000 + number).toString(16)}`,
      at: startAt + batch,
      position: {
        lat: Number((between(-38, -12, 6) + batch / 1e5).toFixed(6)),
        lon: Number((between(115, 153, 6) + batch / 1e5).toFixed(6)),
        altitudeM: between(0, 12_000, 1),
        onGround: false,
      },
      motion: {
        speedMps: between(60, 260, 1),
        headingDeg: between(0, 359, 1),
        climbMps: between(-10, 10, 1),
      },
      attributes: { callsign: `QFA${number}` },
      source: "readsb:bench",
    });
  });
  return Buffer.from(`${lines.join("\n")}\n`);
}
