// Where a mover is now, by its last report: along its track at its speed, but for so long only. Beyond
// that it stays where it was last expected, and fades.

/** Metres in one degree of latitude, on a sphere of 6 371 008.8 m (the mean radius of WGS 84). */
const METRES_PER_DEGREE = 111_195.08;
/** Nobody is carried on for longer, however seldom it reports. */
export const horizonMsMax = 120_000;

/** How long a kind may be silent before it is stale, ms: aircraft as readsb has it. */
const usualMs: ReadonlyMap<string, number> = new Map([
  ["aircraft", 15_000],
  ["vessel", 180_000],
  ["ship", 180_000],
  ["bus", 60_000],
  ["vehicle", 60_000],
  ["bird", 3_600_000],
  ["station", 600_000],
]);
const USUAL_MS = 120_000;

/** After this it is stale: twice its own cadence, and never sooner than is usual for its kind. */
export function staleAfterMs(kind: string, cadenceMs: number): number {
  const usual = usualMs.get(kind) ?? USUAL_MS;
  return Number.isNaN(cadenceMs) ? usual : Math.max(usual, 2 * cadenceMs);
}

/** How long it is carried on: twice its cadence; until that is known, as long as is usual. */
export function horizonMs(kind: string, cadenceMs: number): number {
  const usual = usualMs.get(kind) ?? USUAL_MS;
  const wanted = Number.isNaN(cadenceMs) ? usual : Math.max(2_000, 2 * cadenceMs);
  return Math.min(horizonMsMax, wanted);
}

/** Degrees of longitude and latitude a second; 0 where speed or heading is not known. */
export function driftOf(
  lat: number,
  speedMps: number,
  headingDeg: number,
): readonly [lonPerS: number, latPerS: number] {
  if (!(speedMps > 0) || Number.isNaN(headingDeg)) return [0, 0];
  const heading = (headingDeg * Math.PI) / 180;
  const degreesPerS = speedMps / METRES_PER_DEGREE;
  // Towards a pole a degree of longitude is nothing; 0.01 is 89.4°.
  const shrink = Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  return [(degreesPerS * Math.sin(heading)) / shrink, degreesPerS * Math.cos(heading)];
}

export interface Reckoned {
  readonly lon: number;
  readonly lat: number;
  readonly at: number;
  readonly speedMps: number;
  readonly headingDeg: number;
  readonly horizonMs: number;
}

/** [lon, lat] expected at `nowMs`; the reported place when that is before the report. */
export function placeAt(from: Reckoned, nowMs: number): readonly [number, number] {
  const seconds = Math.min(Math.max(0, nowMs - from.at), from.horizonMs) / 1000;
  const [lonPerS, latPerS] = driftOf(from.lat, from.speedMps, from.headingDeg);
  return [from.lon + lonPerS * seconds, Math.max(-90, Math.min(90, from.lat + latPerS * seconds))];
}
