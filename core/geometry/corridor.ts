import type { z } from "zod";
import type { CorridorShape } from "../model/zone.ts";
import { type Box, boxesOf } from "./box.ts";
import { reachOf } from "./circle.ts";
import { type Edge, edgeDistanceM, leastM } from "./edge.ts";
import type { Geometry } from "./geometry.ts";
import type { Path } from "./path.ts";
import { convexSpan, eachPiece, unionOf } from "./spans.ts";
import { distanceM, wrapDeg } from "./sphere.ts";

/** The line's edges, the shorter way round; longitudes go on without a jump. */
function edgesOf(line: readonly (readonly [number, number])[]): Edge[] {
  const edges: Edge[] = [];
  let [x1, y1] = line[0] ?? [0, 0];
  for (const [lon, lat] of line.slice(1)) {
    const x2 = x1 + wrapDeg(lon - x1);
    edges.push({ x1, y1, x2, y2: lat });
    x1 = x2;
    y1 = lat;
  }
  return edges;
}

function rangeOf(edges: readonly Edge[], radiusM: number): Box {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x1, y1, x2, y2 } of edges) {
    for (const [lon, lat] of [
      [x1, y1],
      [x2, y2],
    ] as const) {
      const reach = reachOf(lon, lat, radiusM);
      west = Math.min(west, reach.west);
      south = Math.min(south, reach.south);
      east = Math.max(east, reach.east);
      north = Math.max(north, reach.north);
    }
  }
  return { west, south, east, north };
}

export function corridorGeometry({ line, widthM }: z.infer<typeof CorridorShape>): Geometry {
  const edges = edgesOf(line);
  const radiusM = widthM / 2;
  const borderM = (lon: number, lat: number, limitM = Infinity): number => {
    let nearest = limitM + radiusM;
    for (const edge of edges) {
      if (leastM(edge, lat) < nearest) nearest = Math.min(nearest, edgeDistanceM(edge, lon, lat));
    }
    return nearest - radiusM;
  };
  return {
    boxes: boxesOf(rangeOf(edges, radiusM)),
    sizeM: widthM,
    contains: (lon, lat) => borderM(lon, lat, 0) < 0,
    borderM,
    spansOf(path: Path) {
      const spans: [number, number][] = [];
      eachPiece(path, ({ x1, y1, x2, y2, from, share }) => {
        const lengthM = distanceM(x1, y1, x2, y2);
        for (const edge of edges) {
          if (leastM(edge, (y1 + y2) / 2) > radiusM + lengthM) continue;
          const at = (t: number): number =>
            edgeDistanceM(edge, x1 + (x2 - x1) * t, y1 + (y2 - y1) * t) - radiusM;
          const span = convexSpan(at, lengthM);
          if (span !== undefined) spans.push([from + span[0] * share, from + span[1] * share]);
        }
      });
      return unionOf(spans);
    },
  };
}
