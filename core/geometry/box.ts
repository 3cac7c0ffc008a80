// Boxes in degrees. A box never crosses ±180°: what does is written as two.

export interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/**
 * Boxes of a range whose longitudes may lie outside [-180, 180]; one or two. A range of 360° and more is
 * the whole circle.
 */
export function boxesOf(range: Box): readonly Box[] {
  const south = Math.max(-90, range.south);
  const north = Math.min(90, range.north);
  if (range.east - range.west >= 360) return [{ west: -180, south, east: 180, north }];
  const shift = 360 * Math.floor((range.west + 180) / 360);
  const west = range.west - shift;
  const east = range.east - shift;
  if (east <= 180) return [{ west, south, east, north }];
  return [
    { west, south, east: 180, north },
    { west: -180, south, east: east - 360, north },
  ];
}

/** True when the place lies in one of the boxes, borders included. */
export function isInBoxes(boxes: readonly Box[], lon: number, lat: number): boolean {
  return boxes.some(
    ({ west, south, east, north }) => lon >= west && lon <= east && lat >= south && lat <= north,
  );
}
