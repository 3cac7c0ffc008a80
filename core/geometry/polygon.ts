import type { PolygonShape } from "../model/zone.ts";
import type { z } from "zod";
import { type Box, boxesOf } from "./box.ts";
import { type Edge, edgeDistanceM, leastM } from "./edge.ts";
import { createEdgeIndex } from "./edge-index.ts";
import type { Geometry } from "./geometry.ts";
import type { Path } from "./path.ts";
import { areaOf, createRing, poleOf } from "./ring.ts";
import { eachPiece, unionOf } from "./spans.ts";
import { degreeM, radians, wrapDeg } from "./sphere.ts";

type Rings = z.infer<typeof PolygonShape>["polygons"][number];

/** One polygon with its holes. */
interface Part {
  readonly boxes: readonly Box[];
  readonly areaM2: number;
  contains(lon: number, lat: number): boolean;
  /** Distance to the nearest edge, never below 0; `limitM` when none is nearer. */
  edgeM(lon: number, lat: number, limitM: number): number;
  /** Adds the fractions of a piece at which it meets an edge. */
  meetings(piece: Edge, add: (t: number) => void): void;
}

/**
 * A polygon with holes or several of them; a place is inside when it is inside any. Edges are straight
 * in longitude and latitude (RFC 7946 §3.1.1), the shorter way round. A ring that goes once around
 * the axis holds the pole on its smaller side.
 */
export function polygonGeometry({ polygons }: z.infer<typeof PolygonShape>): Geometry {
  const parts = polygons.map(createPart);
  const contains = (lon: number, lat: number): boolean =>
    parts.some((part) => part.contains(lon, lat));
  return {
    boxes: parts.flatMap((part) => part.boxes),
    sizeM: Math.sqrt(parts.reduce((sum, part) => sum + part.areaM2, 0)),
    contains,
    borderM(lon, lat, limitM = Infinity) {
      const within = parts.filter((part) => part.contains(lon, lat));
      if (within.length === 0) {
        return parts.reduce((least, part) => part.edgeM(lon, lat, least), limitM);
      }
      return -Math.max(...within.map((part) => part.edgeM(lon, lat, limitM)));
    },
    spansOf: (path) => spansOf(path, parts, contains),
  };
}

function spansOf(
  path: Path,
  parts: readonly Part[],
  contains: (lon: number, lat: number) => boolean,
): readonly number[] {
  const spans: [number, number][] = [];
  eachPiece(path, ({ x1, y1, x2, y2, from, share }) => {
    const stops = [0, 1];
    for (const part of parts) part.meetings({ x1, y1, x2, y2 }, (t) => stops.push(t));
    stops.sort((a, b) => a - b);
    for (let stop = 1; stop < stops.length; stop++) {
      const a = stops[stop - 1] ?? 0;
      const b = stops[stop] ?? 1;
      const middle = (a + b) / 2;
      if (b - a > 1e-12 && contains(x1 + (x2 - x1) * middle, y1 + (y2 - y1) * middle)) {
        spans.push([from + a * share, from + b * share]);
      }
    }
  });
  return unionOf(spans);
}

function createPart(places: Rings): Part {
  const rings = places.map(createRing);
  const [outer, ...holes] = rings;
  const index = createEdgeIndex(rings.flatMap((ring) => ring.edges));
  const holdsNorth = rings.filter((ring) => poleOf(ring) === "north").length % 2 === 1;
  const pole = outer && poleOf(outer);
  const range = pole === undefined ? index.range : aroundPole(index.range, pole);
  const areaM2 =
    (outer === undefined ? 0 : areaOf(outer)) - holes.reduce((sum, hole) => sum + areaOf(hole), 0);
  return {
    boxes: boxesOf(range),
    areaM2: Math.max(0, areaM2),
    // Parity of the edges between the place and the north pole, along its meridian: that works on a
    // sphere without a seam, and tells the side of a ring around a pole too. Crossing-number test:
    // M. Shimrat, "Algorithm 112", CACM 5 (1962).
    contains(lon, lat) {
      let isInside = holdsNorth;
      index.each({ west: lon, east: lon, south: lat, north: 90 }, (edge) => {
        if (isNorthOf(edge, lon, lat)) isInside = !isInside;
      });
      return isInside;
    },
    edgeM(lon, lat, limitM) {
      let nearest = limitM;
      index.each(rangeAround(lon, lat, limitM), (edge) => {
        if (leastM(edge, lat) < nearest) nearest = Math.min(nearest, edgeDistanceM(edge, lon, lat));
      });
      return nearest;
    },
    meetings(piece, add) {
      index.each(rangeOfEdge(piece), (edge) => {
        const t = meetingOf(piece, edge);
        if (t !== undefined) add(t);
      });
    },
  };
}

function aroundPole(range: Box, pole: "north" | "south"): Box {
  return pole === "north"
    ? { west: -180, east: 180, south: range.south, north: 90 }
    : { west: -180, east: 180, south: -90, north: range.north };
}

/** True when the edge crosses the place's meridian north of it. An edge holds its western end, not its eastern one, so that a corner counts once. */
function isNorthOf({ x1, y1, x2, y2 }: Edge, lon: number, lat: number): boolean {
  const west = Math.min(x1, x2);
  const east = Math.max(x1, x2);
  // Neighbours share a corner to the last bit, so they are compared with it, not with a difference.
  const x = lon - 360 * Math.floor((lon - west) / 360);
  if (x < west || x >= east) return false;
  const [from, to] = x1 < x2 ? [y1, y2] : [y2, y1];
  return from + ((to - from) * (x - west)) / (east - west) > lat;
}

function rangeAround(lon: number, lat: number, limitM: number): Box {
  const aside = limitM / degreeM;
  const [south, north] = [lat - aside, lat + aside];
  const farthest = Math.max(Math.abs(south), Math.abs(north));
  const width = farthest >= 89 ? 180 : Math.min(180, aside / Math.cos(farthest * radians));
  return { west: lon - width, east: lon + width, south, north };
}

function rangeOfEdge({ x1, y1, x2, y2 }: Edge): Box {
  return {
    west: Math.min(x1, x2),
    east: Math.max(x1, x2),
    south: Math.min(y1, y2),
    north: Math.max(y1, y2),
  };
}

/** The fraction of `a` at which it meets `b`, when it does. */
export function meetingOf(a: Edge, b: Edge): number | undefined {
  const ax = a.x2 - a.x1;
  const ay = a.y2 - a.y1;
  const bx = b.x2 - b.x1;
  const by = b.y2 - b.y1;
  const turned = ax * by - ay * bx;
  if (turned === 0) return undefined;
  // The copy of `b`, one in 360°, whose middle is nearest to the middle of `a`.
  const dx = wrapDeg(b.x1 + bx / 2 - a.x1 - ax / 2) - bx / 2 + ax / 2;
  const dy = b.y1 - a.y1;
  const t = (dx * by - dy * bx) / turned;
  const u = (dx * ay - dy * ax) / turned;
  return t >= 0 && t <= 1 && u >= 0 && u <= 1 ? t : undefined;
}
