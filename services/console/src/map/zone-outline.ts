// A zone's shape as rings to be drawn: circles and corridors become polygons. Rings go on beyond ±180°
// instead of jumping to the other side.

import { alongArc, degreeM, distanceM, radians } from "@drover/core/geometry/sphere";
import type { LonLat } from "@drover/core/geometry/sphere";
import type { ZoneShape } from "@drover/core/model/zone";

const CIRCLE_POINTS = 96;
const ROUND_STEPS = 8;

type Ring = [number, number][];

/** Polygons, each an outer ring and its holes, as in a GeoJSON MultiPolygon. */
export function outlineOf(shape: ZoneShape): Ring[][] {
  switch (shape.type) {
    case "circle":
      return [[unwrapped(circleRing(shape.center, shape.radiusM))]];
    case "corridor":
      return [[unwrapped(corridorRing(shape.line, shape.widthM / 2))]];
    case "polygon":
      return shape.polygons.map((rings) => rings.map((ring) => unwrapped(ring)));
  }
}

/** The place at a distance and a bearing (clockwise from north, radians), on a sphere. */
export function placeFrom([lon, lat]: LonLat, metres: number, bearing: number): LonLat {
  const arc = (metres / degreeM) * radians;
  const from = lat * radians;
  const sin = Math.sin(from) * Math.cos(arc) + Math.cos(from) * Math.sin(arc) * Math.cos(bearing);
  const to = Math.asin(Math.max(-1, Math.min(1, sin)));
  const turn = Math.atan2(
    Math.sin(bearing) * Math.sin(arc) * Math.cos(from),
    Math.cos(arc) - Math.sin(from) * sin,
  );
  return [lon + turn / radians, to / radians];
}

function circleRing(center: LonLat, radiusM: number): readonly LonLat[] {
  return Array.from({ length: CIRCLE_POINTS + 1 }, (_, i) =>
    placeFrom(center, radiusM, (2 * Math.PI * i) / CIRCLE_POINTS),
  );
}

/** Along one side, round the end, and back along the other. */
function corridorRing(line: readonly LonLat[], reachM: number): readonly LonLat[] {
  const there = sideOf(line, reachM);
  const back = sideOf(line.toReversed(), reachM);
  const ring = [...there, ...back];
  const [first] = ring;
  return first === undefined ? [] : [...ring, first];
}

/** The line's left side, with its corners and its end rounded. */
function sideOf(line: readonly LonLat[], reachM: number): readonly LonLat[] {
  const side: LonLat[] = [];
  for (const [i, place] of line.entries()) {
    const before = line[i - 1];
    const after = line[i + 1];
    const arriving = before && bearingOf(before, place);
    const leaving = after && bearingOf(place, after);
    const from = (arriving ?? leaving ?? 0) - Math.PI / 2;
    const to = leaving === undefined ? from + Math.PI : leaving - Math.PI / 2;
    // On the inner side of a corner one point does; on the outer one it is rounded.
    const turn = leaving === undefined ? Math.PI : wrapped(to - from);
    const steps = turn > 0 ? ROUND_STEPS : 1;
    for (let step = 0; step <= steps; step++) {
      side.push(placeFrom(place, reachM, from + (turn * step) / steps));
    }
  }
  return side;
}

const wrapped = (angle: number): number =>
  angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));

/** Towards the next place, clockwise from north, radians. */
function bearingOf(from: LonLat, to: LonLat): number {
  // Near the beginning of a long edge it leads elsewhere than at its end.
  const lengthM = distanceM(from[0], from[1], to[0], to[1]);
  const near = lengthM === 0 ? to : alongArc(from, to, 0.001);
  const lon = (near[0] - from[0]) * radians;
  const x = Math.sin(lon) * Math.cos(near[1] * radians);
  const y =
    Math.cos(from[1] * radians) * Math.sin(near[1] * radians) -
    Math.sin(from[1] * radians) * Math.cos(near[1] * radians) * Math.cos(lon);
  return Math.atan2(x, y);
}

/** The same ring, each place within half a turn of the one before. */
export function unwrapped(ring: readonly LonLat[]): Ring {
  let turns = 0;
  let last: number | undefined;
  return ring.map(([lon, lat]) => {
    if (last !== undefined) turns -= 360 * Math.round((lon + turns - last) / 360);
    last = lon + turns;
    return [last, lat];
  });
}
