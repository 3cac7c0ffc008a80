// SI inside. These are the only conversions; sources use them on the way in, screens on the way out.

/** One international foot in metres (exact, ISO 80000-3). */
export const metresPerFoot = 0.3048;
/** One knot in metres per second: 1852 m an hour (exact, ISO 80000-3). */
export const mpsPerKnot = 1852 / 3600;
/** One international nautical mile in metres (exact). */
export const metresPerNauticalMile = 1852;

/** Feet to metres. */
export const metresFromFeet = (feet: number): number => feet * metresPerFoot;
/** Knots to metres per second. */
export const mpsFromKnots = (knots: number): number => knots * mpsPerKnot;
/** Feet per minute to metres per second. */
export const mpsFromFeetPerMinute = (feetPerMinute: number): number =>
  (feetPerMinute * metresPerFoot) / 60;
/** Kilometres per hour to metres per second. */
export const mpsFromKmh = (kmh: number): number => kmh / 3.6;
/** An angle in degrees brought into [0, 360). */
export const headingFromDegrees = (degrees: number): number => ((degrees % 360) + 360) % 360;
