// What to ask OpenSky for: boxes that cost the fewest credits.

/** Degrees, WGS-84. `west` > `east` means across ±180°. */
export interface Box {
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

export const world: Box = { south: -90, west: -180, north: 90, east: 180 };

/** True for the box that the API is not told. */
export function isWorld(box: Box): boolean {
  return box.south <= -90 && box.north >= 90 && box.west <= -180 && box.east >= 180;
}

/** Credits of one `/states/all`, by area in square degrees (OpenSky API, "API credit usage"). */
export function costOf(box: Box): number {
  const area = (box.north - box.south) * (box.east - box.west);
  if (area <= 25) return 1;
  if (area <= 100) return 2;
  return area <= 400 ? 3 : 4;
}

/**
 * Splits boxes across ±180° in two and merges those that together cost no more than apart: one call
 * instead of two, and never a tiling of what one box covers for less.
 */
export function planBoxes(boxes: readonly Box[]): readonly Box[] {
  const plan = boxes.flatMap(splitAtAntimeridian);
  for (let merged = mergeOnce(plan); merged; merged = mergeOnce(plan));
  return plan;
}

function splitAtAntimeridian(box: Box): Box[] {
  if (box.west <= box.east) return [box];
  const parts = [
    { ...box, east: 180 },
    { ...box, west: -180 },
  ];
  return parts.filter((part) => part.west < part.east);
}

function mergeOnce(plan: Box[]): boolean {
  for (const [i, a] of plan.entries()) {
    for (const [j, b] of plan.entries()) {
      if (j <= i) continue;
      const hull = hullOf(a, b);
      if (costOf(hull) > costOf(a) + costOf(b)) continue;
      plan.splice(j, 1);
      plan.splice(i, 1, hull);
      return true;
    }
  }
  return false;
}

function hullOf(a: Box, b: Box): Box {
  return {
    south: Math.min(a.south, b.south),
    west: Math.min(a.west, b.west),
    north: Math.max(a.north, b.north),
    east: Math.max(a.east, b.east),
  };
}

/** True when the place lies in one of the boxes as they were asked for, edges included. */
export function isInside(
  boxes: readonly Box[],
  place: { readonly lat: number; readonly lon: number },
): boolean {
  return boxes.some(
    (box) =>
      place.lat >= box.south &&
      place.lat <= box.north &&
      (box.west <= box.east
        ? place.lon >= box.west && place.lon <= box.east
        : place.lon >= box.west || place.lon <= box.east),
  );
}

/**
 * Reads `lamin,lomin,lamax,lomax` in the API's own order, several behind `;`, or `world`.
 *
 * @throws Error that names the box and the number.
 */
export function parseBoxes(text: string): readonly Box[] {
  if (text === "world") return [world];
  return text.split(";").map((part) => {
    const numbers = part.split(",").map((number) => (number.trim() === "" ? NaN : Number(number)));
    const [south, west, north, east] = numbers;
    if (
      numbers.length !== 4 ||
      numbers.some((number) => !Number.isFinite(number)) ||
      south === undefined ||
      west === undefined ||
      north === undefined ||
      east === undefined
    ) {
      throw new Error(`box "${part.slice(0, 80)}" is not lamin,lomin,lamax,lomax`);
    }
    return { south, west, north, east };
  });
}
