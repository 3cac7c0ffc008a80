// What of the world the map shows. The map says so whenever it has moved.

export interface Bounds {
  readonly west: number;
  readonly south: number;
  /** Beyond 180 where the map crosses the line. */
  readonly east: number;
  readonly north: number;
}

let shown: Bounds = { west: -180, south: -90, east: 180, north: 90 };

export const setBounds = (bounds: Bounds): void => {
  shown = bounds;
};
export const bounds = (): Bounds => shown;

/** Holds for places on the map, `pad` times its size around it included. */
export function boundsOf(pad = 0): (lon: number, lat: number) => boolean {
  const { west, south, east, north } = padded(shown, pad);
  return (lon, lat) => {
    if (!(lat >= south && lat <= north)) return false;
    if (east - west >= 360) return !Number.isNaN(lon);
    // As many turns on as bring it past the west edge.
    const turned = lon + 360 * Math.ceil((west - lon) / 360);
    return turned <= east;
  };
}

export function padded({ west, south, east, north }: Bounds, pad: number): Bounds {
  const x = (east - west) * pad;
  const y = (north - south) * pad;
  return {
    west: west - x,
    east: east + x,
    south: Math.max(-90, south - y),
    north: Math.min(90, north + y),
  };
}

/** As the feed wants it; nothing when it would be the whole world round. */
export function boxOf({ west, south, east, north }: Bounds) {
  if (east - west >= 360) return undefined;
  return { west: turned(west), south, east: turned(east), north };
}

const turned = (lon: number): number => lon - 360 * Math.floor((lon + 180) / 360);
