import type { ZoneShape } from "@drover/core/model/zone";

export type Box = readonly [west: number, south: number, east: number, north: number];

/** Metres of one degree of latitude, near enough to place a view. */
const METRES_PER_DEGREE = 111_320;

/**
 * A box around a shape, degrees, for looking at it; its east is beyond 180 when the shape lies over the
 * date line. An edge goes the shorter way round.
 */
export function boxOf(shape: ZoneShape): Box {
  switch (shape.type) {
    case "circle":
      return widened(aroundAll([[shape.center]]), shape.radiusM);
    case "corridor":
      return widened(aroundAll([shape.line]), shape.widthM / 2);
    case "polygon":
      return aroundAll(shape.polygons.flatMap((rings) => rings.slice(0, 1)));
  }
}

type Place = readonly [number, number];

function aroundAll(lines: readonly (readonly Place[])[]): Box {
  let west = Infinity;
  let south = Infinity;
  let east = -Infinity;
  let north = -Infinity;
  const start = lines[0]?.[0]?.[0] ?? 0;
  for (const line of lines) {
    // Unrolled, so that 179 to -179 goes on to 181; parts are placed near the first.
    let last = start;
    for (const [lon, lat] of line) {
      last += ((((lon - last + 180) % 360) + 360) % 360) - 180;
      west = Math.min(west, last);
      east = Math.max(east, last);
      south = Math.min(south, lat);
      north = Math.max(north, lat);
    }
  }
  const shift = west < -180 ? 360 : west >= 180 ? -360 : 0;
  return [west + shift, south, east + shift, north];
}

function widened([west, south, east, north]: Box, byM: number): Box {
  const dLat = byM / METRES_PER_DEGREE;
  const steepest = Math.min(89, Math.max(Math.abs(south), Math.abs(north)));
  const dLon = Math.min(180, dLat / Math.cos((steepest * Math.PI) / 180));
  return [west - dLon, Math.max(-90, south - dLat), east + dLon, Math.min(90, north + dLat)];
}
