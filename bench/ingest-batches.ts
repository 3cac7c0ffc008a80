// Ready-made batches for benchmarks: aircraft-shaped reports, about 230 bytes of JSON each.

import { createRandom } from "../core/service/clock.ts";

/** NDJSON of `count` reports by as many aircraft; equal for equal `batch`. */
export function createAircraftBatch(batch: number, count: number): Buffer {
  const random = createRandom(batch + 1);
  const between = (min: number, max: number, digits: number) =>
    Number((min + random() * (max - min)).toFixed(digits));
  const startAt = Date.now();
  const lines = Array.from({ length: count }, (_, index) => {
    const address = (0x7c0000 + ((batch * count + index) % 4_000)).toString(16);
    return JSON.stringify({
      asset: `aircraft:${address}`,
      at: startAt + batch,
      position: {
        lat: between(-38, -12, 6),
        lon: between(115, 153, 6),
        altitudeM: between(0, 12_000, 1),
        onGround: false,
      },
      motion: {
        speedMps: between(60, 260, 1),
        headingDeg: between(0, 359, 1),
        climbMps: between(-10, 10, 1),
      },
      attributes: { callsign: `QFA${index}` },
      source: "readsb:bench",
    });
  });
  return Buffer.from(`${lines.join("\n")}\n`);
}
