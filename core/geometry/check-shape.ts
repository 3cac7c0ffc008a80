// What is wrong with a shape, and where: asked before a zone is saved.

import type { ZoneShape } from "../model/zone.ts";
import { zoneLimits } from "../model/zone.ts";
import { type Edge } from "./edge.ts";
import { createEdgeIndex } from "./edge-index.ts";
import { meetingOf, polygonGeometry } from "./polygon.ts";
import { areaOf, createRing, type Ring } from "./ring.ts";
import { earthRadiusM, type LonLat, wrapDeg } from "./sphere.ts";

export interface ShapeFault {
  readonly kind:
    | "unclosed"
    | "too-few-points"
    | "too-many-vertices"
    | "zero-area"
    | "too-large"
    | "self-intersection"
    | "rings-cross"
    | "hole-outside"
    | "half-world-edge"
    | "around-axis";
  /** One sentence for people. */
  readonly message: string;
  /** Where in the shape, e.g. `["polygons", 0, 1]` for the first polygon's first hole. */
  readonly path: readonly (string | number)[];
  /** Where on Earth, [lon, lat]. */
  readonly place?: LonLat;
  /** The two edges that meet, each by the corner it begins at; the second may be of the ring in `otherPath`. */
  readonly edges?: readonly [number, number];
  readonly otherPath?: readonly (string | number)[];
}

/** Faults beyond so many are not listed. */
export const shapeFaultsMax = 20;
/** Less than this is no area, m². */
const areaM2Min = 1;
const hemisphereM2 = 2 * Math.PI * earthRadiusM * earthRadiusM;

/** The faults of a shape that its schema allows; none when it is sound. At most `shapeFaultsMax`. */
export function checkShape(shape: ZoneShape): readonly ShapeFault[] {
  switch (shape.type) {
    case "circle":
      return [];
    case "corridor":
      return [
        ...halfWorldEdges(shape.line, ["line"]),
        ...(distinct(shape.line) < 2
          ? [tooFew(shape.line, ["line"], "a line needs two different points")]
          : []),
      ].slice(0, shapeFaultsMax);
    case "polygon":
      return polygonFaults(shape).slice(0, shapeFaultsMax);
  }
}

type Places = readonly LonLat[];
type PathTo = readonly (string | number)[];
type PolygonZone = Extract<ZoneShape, { type: "polygon" }>;

function polygonFaults(shape: PolygonZone): readonly ShapeFault[] {
  const vertices = shape.polygons.flat().reduce((sum, ring) => sum + ring.length, 0);
  if (vertices > zoneLimits.vertices) {
    const message = `the shape has ${vertices} vertices, ${zoneLimits.vertices} are allowed`;
    return [{ kind: "too-many-vertices", message, path: ["polygons"] }];
  }
  const faults: ShapeFault[] = [];
  for (const [part, rings] of shape.polygons.entries()) {
    const path = ["polygons", part];
    const ofRings = rings.flatMap((ring, at) => ringFaults(ring, [...path, at]));
    faults.push(...ofRings, ...crossings(rings, path));
    // Where rings are broken already, holes cannot be told from what they are holes in.
    if (faults.length === 0) faults.push(...holesOutside(rings, path));
  }
  if (faults.length === 0 && polygonGeometry(shape).sizeM ** 2 > hemisphereM2) {
    const message = "the parts together are larger than half the Earth";
    faults.push({ kind: "too-large", message, path: ["polygons"] });
  }
  return faults;
}

const distinct = (places: Places): number =>
  new Set(places.map(([lon, lat]) => `${lon === 180 ? -180 : lon},${lat}`)).size;

function tooFew(places: Places, path: PathTo, message: string): ShapeFault {
  const [place] = places;
  return { kind: "too-few-points", message, path, ...(place && { place }) };
}

function halfWorldEdges(places: Places, path: PathTo): readonly ShapeFault[] {
  const faults: ShapeFault[] = [];
  for (const [corner, [lon, lat]] of places.entries()) {
    const next = places[corner + 1];
    if (next === undefined || wrapDeg(next[0] - lon) !== -180) continue;
    const message = `edge ${corner} spans 180° of longitude: which way round it goes is not known; put a point between`;
    faults.push({ kind: "half-world-edge", message, path: [...path, corner], place: [lon, lat] });
  }
  return faults;
}

function ringFaults(places: Places, path: PathTo): readonly ShapeFault[] {
  const [first, last] = [places[0], places.at(-1)];
  if (first === undefined || last === undefined) return [];
  if (wrapDeg(first[0] - last[0]) !== 0 || first[1] !== last[1]) {
    const message = "the ring is not closed: its last point must be its first";
    return [{ kind: "unclosed", message, path, place: last }];
  }
  if (distinct(places) < 3) return [tooFew(places, path, "a ring needs three different points")];
  const spans = halfWorldEdges(places, path);
  if (spans.length > 0) return spans;
  const ring = createRing(places);
  if (Math.abs(ring.turns) > 1) {
    const message = `the ring goes ${Math.abs(ring.turns)} times around the Earth's axis`;
    return [{ kind: "around-axis", message, path, place: first }];
  }
  const meets = selfMeetings(ring, path);
  if (meets.length > 0) return meets;
  const areaM2 = areaOf(ring);
  if (areaM2 < areaM2Min) {
    return [{ kind: "zero-area", message: "the ring encloses no area", path, place: first }];
  }
  if (areaM2 > hemisphereM2) {
    const message = "the ring encloses more than half the Earth";
    return [{ kind: "too-large", message, path, place: first }];
  }
  return [];
}

const placeText = ([lon, lat]: LonLat): string => `${lon.toFixed(5)}, ${lat.toFixed(5)}`;

/** Where edges of one ring meet that are no neighbours, or lie on each other. */
function selfMeetings(ring: Ring, path: PathTo): readonly ShapeFault[] {
  const { edges, corners } = ring;
  const numbers = new Map(edges.map((edge, at) => [edge, at]));
  const index = createEdgeIndex(edges);
  const faults: ShapeFault[] = [];
  for (const [a, edge] of edges.entries()) {
    if (faults.length >= shapeFaultsMax) break;
    const seen = new Set<number>();
    index.each(rangeOf(edge), (other) => {
      const b = numbers.get(other) ?? -1;
      if (b <= a || seen.has(b)) return;
      seen.add(b);
      const place = meetingPlace(edge, other, { a, b, count: edges.length });
      if (place === undefined) return;
      const pair = [corners[a] ?? a, corners[b] ?? b] as const;
      const message = `edges ${pair[0]} and ${pair[1]} meet at ${placeText(place)}`;
      faults.push({ kind: "self-intersection", message, path, place, edges: pair });
    });
  }
  return faults;
}

function meetingPlace(
  edge: Edge,
  other: Edge,
  { a, b, count }: { readonly a: number; readonly b: number; readonly count: number },
): LonLat | undefined {
  const isNext = b === a + 1;
  const isLast = a === 0 && b === count - 1;
  if (isNext || isLast) {
    // Neighbours share a corner; they are at fault only when one goes back over the other.
    const [first, second] = isNext ? [edge, other] : [other, edge];
    return goesBack(first, second) ? placeOf(first, 1) : undefined;
  }
  const t = meetingOf(edge, other) ?? overlapOf(edge, other);
  return t === undefined ? undefined : placeOf(edge, t);
}

const placeOf = ({ x1, y1, x2, y2 }: Edge, t: number): LonLat => [
  wrapDeg(x1 + (x2 - x1) * t),
  y1 + (y2 - y1) * t,
];

function goesBack(first: Edge, second: Edge): boolean {
  const [ax, ay] = [first.x2 - first.x1, first.y2 - first.y1];
  const [bx, by] = [second.x2 - second.x1, second.y2 - second.y1];
  return ax * by - ay * bx === 0 && ax * bx + ay * by < 0;
}

/** The fraction of `a` at which `b`, parallel to it, begins to lie on it. */
function overlapOf(a: Edge, b: Edge): number | undefined {
  const [ax, ay] = [a.x2 - a.x1, a.y2 - a.y1];
  const [bx, by] = [b.x2 - b.x1, b.y2 - b.y1];
  if (ax * by - ay * bx !== 0) return undefined;
  const dx = wrapDeg(b.x1 + bx / 2 - a.x1 - ax / 2) - bx / 2 + ax / 2;
  const dy = b.y1 - a.y1;
  if (ax * dy - ay * dx !== 0) return undefined;
  const squared = ax * ax + ay * ay;
  const from = (dx * ax + dy * ay) / squared;
  const to = ((dx + bx) * ax + (dy + by) * ay) / squared;
  const start = Math.max(0, Math.min(from, to));
  return start <= Math.min(1, Math.max(from, to)) ? start : undefined;
}

/** Where the rings of one polygon cross each other; they may touch at a corner. */
function crossings(rings: readonly Places[], path: PathTo): readonly ShapeFault[] {
  const faults: ShapeFault[] = [];
  const laid = rings.map(createRing);
  for (const [a, ring] of laid.entries()) {
    const index = createEdgeIndex(ring.edges);
    const numbers = new Map(ring.edges.map((edge, at) => [edge, at]));
    for (const [offset, other] of laid.slice(a + 1).entries()) {
      const b = a + 1 + offset;
      for (const [at, edge] of other.edges.entries()) {
        if (faults.length >= shapeFaultsMax) return faults;
        index.each(rangeOf(edge), (mine) => {
          const t = meetingOf(edge, mine);
          const u = meetingOf(mine, edge);
          if (t === undefined || u === undefined || isEnd(t) || isEnd(u)) return;
          const place = placeOf(edge, t);
          const pair = [ring.corners[numbers.get(mine) ?? 0] ?? 0, other.corners[at] ?? 0] as const;
          const message = `edge ${pair[0]} of ring ${a} crosses edge ${pair[1]} of ring ${b} at ${placeText(place)}`;
          faults.push({
            kind: "rings-cross",
            message,
            path: [...path, a],
            otherPath: [...path, b],
            place,
            edges: pair,
          });
        });
      }
    }
  }
  return faults;
}

const isEnd = (t: number): boolean => t < 1e-9 || t > 1 - 1e-9;

/** Holes that do not lie in the outer ring: rings do not cross here, so one corner off the border decides. */
function holesOutside([outer, ...holes]: readonly Places[], path: PathTo): readonly ShapeFault[] {
  if (outer === undefined || holes.length === 0) return [];
  const polygons = [[outer.map(([lon, lat]): [number, number] => [lon, lat])]];
  const geometry = polygonGeometry({ type: "polygon", polygons });
  return holes.flatMap((hole, at): ShapeFault[] => {
    const corner = hole.find(([lon, lat]) => Math.abs(geometry.borderM(lon, lat)) > 0.01);
    if (corner === undefined || geometry.contains(...corner)) return [];
    const message = "the hole lies outside its polygon";
    return [{ kind: "hole-outside", message, path: [...path, at + 1], place: corner }];
  });
}

function rangeOf({ x1, y1, x2, y2 }: Edge) {
  return {
    west: Math.min(x1, x2),
    east: Math.max(x1, x2),
    south: Math.min(y1, y2),
    north: Math.max(y1, y2),
  };
}
