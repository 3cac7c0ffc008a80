// A coarse cover of a shape: cells known to lie wholly inside or wholly outside, with how far from the
// border they are. Only in the others the shape itself is asked. Cells are judged when they are first
// asked for, so a cover costs nothing where nobody goes.

import type { Box } from "./box.ts";
import type { Geometry } from "./geometry.ts";
import { distanceM } from "./sphere.ts";

/** Cells of a box in each direction. */
const cellsAcross = 32;

/**
 * The same geometry, quicker. A cell holds a lower bound of its places' distance to the border: its
 * centre's less its radius; 0 where the border may pass, NaN while nobody has asked.
 */
export function createCover(geometry: Geometry): Geometry {
  const covers = geometry.boxes.map((box) => ({
    box,
    cells: undefined as Float32Array | undefined,
  }));

  const boundOf = (lon: number, lat: number): number => {
    for (const cover of covers) {
      const { west, south, east, north } = cover.box;
      const x = Math.floor(((lon - west) / (east - west)) * cellsAcross);
      const y = Math.floor(((lat - south) / (north - south)) * cellsAcross);
      if (!(x >= 0 && y >= 0 && x < cellsAcross && y < cellsAcross)) continue;
      cover.cells ??= new Float32Array(cellsAcross * cellsAcross).fill(Number.NaN);
      const cell = y * cellsAcross + x;
      const known = cover.cells[cell] ?? 0;
      if (!Number.isNaN(known)) return known;
      return (cover.cells[cell] = judgeCell(geometry, cover.box, x, y));
    }
    return 0;
  };

  return {
    boxes: geometry.boxes,
    sizeM: geometry.sizeM,
    contains(lon, lat) {
      const bound = boundOf(lon, lat);
      return bound === 0 ? geometry.contains(lon, lat) : bound < 0;
    },
    borderM(lon, lat, limitM = Infinity) {
      const bound = boundOf(lon, lat);
      return Math.abs(bound) >= limitM ? bound : geometry.borderM(lon, lat, limitM);
    },
    spansOf: (path) => geometry.spansOf(path),
  };
}

// oxlint-disable-next-line max-params -- a cell is a box and two numbers
function judgeCell(geometry: Geometry, box: Box, x: number, y: number): number {
  const width = (box.east - box.west) / cellsAcross;
  const height = (box.north - box.south) / cellsAcross;
  const lon = box.west + (x + 0.5) * width;
  const lat = box.south + (y + 0.5) * height;
  const north = distanceM(lon, lat, lon + width / 2, lat + height / 2);
  const south = distanceM(lon, lat, lon + width / 2, lat - height / 2);
  // A rounding's worth more than the farthest corner; Float32 has seven digits.
  const radiusM = Math.max(north, south) * 1.001 + 0.01;
  const borderM = geometry.borderM(lon, lat, 8 * radiusM);
  return Math.sign(borderM) * Math.max(0, Math.abs(borderM) - radiusM) * 0.999;
}
