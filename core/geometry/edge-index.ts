// Edges of a shape by where they are. Few edges are simply walked through; many go into a packed
// Hilbert R-tree (flatbush).

import Flatbush from "flatbush";
import type { Box } from "./box.ts";
import type { Edge } from "./edge.ts";

export interface EdgeIndex {
  /** Range of all edges; longitudes may leave [-180, 180]. */
  readonly range: Box;
  /** Calls with every edge that may touch the range, in whichever of its copies, one in 360°, it does; an edge may come twice. */
  each(range: Box, call: (edge: Edge) => void): void;
}

/** From so many edges on a tree is quicker than a walk. */
const treeFrom = 32;

export function createEdgeIndex(edges: readonly Edge[]): EdgeIndex {
  const range = rangeOf(edges);
  if (edges.length < treeFrom) return { range, each: (_range, call) => edges.forEach(call) };
  const tree = new Flatbush(edges.length);
  for (const { x1, y1, x2, y2 } of edges) {
    tree.add(Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2));
  }
  tree.finish();
  return {
    range,
    each({ west, south, east, north }, call) {
      const first = Math.ceil((range.west - east) / 360);
      const last = Math.floor((range.east - west) / 360);
      for (let turn = first; turn <= last; turn++) {
        tree.search(west + turn * 360, south, east + turn * 360, north, (at) => {
          const edge = edges[at];
          if (edge !== undefined) call(edge);
          return false;
        });
      }
    },
  };
}

function rangeOf(edges: readonly Edge[]): Box {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x1, y1, x2, y2 } of edges) {
    west = Math.min(west, x1, x2);
    south = Math.min(south, y1, y2);
    east = Math.max(east, x1, x2);
    north = Math.max(north, y1, y2);
  }
  return { west, south, east, north };
}
