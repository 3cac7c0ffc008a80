// A rectangle of degrees as conditions of a query.

/** West above east crosses ±180°. */
export interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

/** A condition over two expressions in degrees; its values are bound as `boxWest` and so on. */
export function insideBox(lat: string, lon: string, box: Box): string {
  const isAcross = box.west > box.east;
  const east = `${lon} <= {boxEast:Float64}`;
  const west = `${lon} >= {boxWest:Float64}`;
  const inLon = isAcross ? `(${west} OR ${east})` : `(${west} AND ${east})`;
  return `(${lat} >= {boxSouth:Float64} AND ${lat} <= {boxNorth:Float64} AND ${inLon})`;
}

export const boxParams = (box: Box) => ({
  boxWest: box.west,
  boxSouth: box.south,
  boxEast: box.east,
  boxNorth: box.north,
});

/** Epoch milliseconds as the time of an event. */
export const instant = (name: string): string => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`;
