// Places gathered by the cells of a grid over the world as Web Mercator draws it.

export interface Cluster {
  readonly count: number;
  /** Mean place of what is in the cell. */
  readonly lon: number;
  readonly lat: number;
}

const LAT_MAX = 85.05;

/** One cluster for each cell with something in it; cells are so many pixels wide at that zoom. */
export function clustersOf(
  places: readonly (readonly [lon: number, lat: number])[],
  zoom: number,
  cellPixels: number,
): readonly Cluster[] {
  const perWorld = Math.max(1, (512 * 2 ** zoom) / cellPixels);
  const cells = new Map<number, { count: number; lon: number; lat: number }>();
  for (const [lon, lat] of places) {
    const x = Math.floor(((lon + 180) / 360) * perWorld);
    const bounded = Math.min(LAT_MAX, Math.max(-LAT_MAX, lat));
    const sine = Math.sin((bounded * Math.PI) / 180);
    const y = Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * perWorld);
    const key = y * 1_000_003 + x;
    const cell = cells.get(key);
    if (cell === undefined) cells.set(key, { count: 1, lon, lat });
    else {
      cell.count++;
      cell.lon += lon;
      cell.lat += lat;
    }
  }
  return [...cells.values()].map(({ count, lon, lat }) => ({
    count,
    lon: lon / count,
    lat: lat / count,
  }));
}
