// A fix as zones see it: where an asset was at a moment.

/** One report with a position. */
export interface Fix {
  /** `kind:id`. */
  readonly asset: string;
  readonly kind: string;
  /** Event time, epoch ms. */
  readonly at: number;
  readonly lat: number;
  readonly lon: number;
  readonly altitudeM?: number | undefined;
  /** Radius within which the asset is believed to be, metres; 10 m when absent. */
  readonly accuracyM?: number | undefined;
  /** An implausible jump: kept elsewhere, no evidence here. */
  readonly isSuspect?: boolean | undefined;
  /** Known to be old news when it came (a backlog): what it shows is `retro` even in order. */
  readonly isLate?: boolean | undefined;
}

/**
 * A fix in a state: [at, lat, lon, altitudeM, accuracyM]. A row of numbers is a fraction of an
 * object's size, in memory and in a checkpoint; both are counted by the ten thousand.
 */
export type FixRow = readonly number[];

/** Numbers of one row. */
export const rowLength = 5;
/** In a row: the altitude is not known. Below what a report may say. */
export const noAltitude = -99_999;
/** In a row: the accuracy is not known. */
export const noAccuracy = -1;

/** The row of a fix. */
export function rowOf(fix: Fix): FixRow {
  return [
    fix.at,
    fix.lat,
    fix.lon,
    fix.altitudeM ?? noAltitude,
    fix.accuracyM === undefined ? noAccuracy : fix.accuracyM,
  ];
}
