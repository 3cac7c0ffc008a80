// Great circles on a sphere of the Earth's mean radius. Formulas: E. Williams, "Aviation Formulary"
// V1.47, and for the distance R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984).

/** Mean radius R1 of WGS 84 in metres (IUGG). */
export const earthRadiusM = 6_371_008.8;

export interface Place {
  readonly latDeg: number;
  readonly lonDeg: number;
}

const radians = Math.PI / 180;

/** Degrees of longitude brought into [-180, 180). */
export function wrapLonDeg(lonDeg: number): number {
  return ((((lonDeg + 180) % 360) + 360) % 360) - 180;
}

/** Haversine distance in metres. */
export function distanceM(from: Place, to: Place): number {
  const halfLat = Math.sin(((to.latDeg - from.latDeg) * radians) / 2);
  const halfLon = Math.sin(((to.lonDeg - from.lonDeg) * radians) / 2);
  const squared =
    halfLat * halfLat +
    Math.cos(from.latDeg * radians) * Math.cos(to.latDeg * radians) * halfLon * halfLon;
  return 2 * earthRadiusM * Math.asin(Math.min(1, Math.sqrt(squared)));
}

/** Initial course from one place to another, degrees clockwise from north in [0, 360). */
export function bearingDeg(from: Place, to: Place): number {
  const dLon = (to.lonDeg - from.lonDeg) * radians;
  const fromLat = from.latDeg * radians;
  const toLat = to.latDeg * radians;
  const east = Math.sin(dLon) * Math.cos(toLat);
  const north =
    Math.cos(fromLat) * Math.sin(toLat) - Math.sin(fromLat) * Math.cos(toLat) * Math.cos(dLon);
  return (Math.atan2(east, north) / radians + 360) % 360;
}

/** The place that lies `metres` from `from` on the given initial course. */
export function destinationOf(from: Place, courseDeg: number, metres: number): Place {
  const angle = metres / earthRadiusM;
  const fromLat = from.latDeg * radians;
  const course = courseDeg * radians;
  const sinLat =
    Math.sin(fromLat) * Math.cos(angle) + Math.cos(fromLat) * Math.sin(angle) * Math.cos(course);
  const lat = Math.asin(Math.max(-1, Math.min(1, sinLat)));
  const dLon = Math.atan2(
    Math.sin(course) * Math.sin(angle) * Math.cos(fromLat),
    Math.cos(angle) - Math.sin(fromLat) * sinLat,
  );
  return { latDeg: lat / radians, lonDeg: wrapLonDeg(from.lonDeg + dLon / radians) };
}

/**
 * A great circle as an origin and two unit vectors, so that a point and the course on it cost a sine
 * and a cosine: p(θ) = a·cos θ + b·sin θ, where a points at the origin and b 90° ahead.
 */
export interface GreatCircle {
  readonly lengthM: number;
  /** Where one stands after `alongM`, and the course there. */
  at(alongM: number): Place & { readonly courseDeg: number };
}

/** The great circle from one place to another; they must be neither equal nor antipodes. */
export function greatCircle(from: Place, to: Place): GreatCircle {
  const lengthM = distanceM(from, to);
  const startLat = from.latDeg * radians;
  const startLon = from.lonDeg * radians;
  const course = bearingDeg(from, to) * radians;
  const ax = Math.cos(startLat) * Math.cos(startLon);
  const ay = Math.cos(startLat) * Math.sin(startLon);
  const az = Math.sin(startLat);
  // The direction of travel at the origin: cos(course)·north + sin(course)·east.
  const bx =
    -Math.cos(course) * Math.sin(startLat) * Math.cos(startLon) -
    Math.sin(course) * Math.sin(startLon);
  const by =
    -Math.cos(course) * Math.sin(startLat) * Math.sin(startLon) +
    Math.sin(course) * Math.cos(startLon);
  const bz = Math.cos(course) * Math.cos(startLat);
  return {
    lengthM,
    at(alongM) {
      const cos = Math.cos(alongM / earthRadiusM);
      const sin = Math.sin(alongM / earthRadiusM);
      const x = ax * cos + bx * sin;
      const y = ay * cos + by * sin;
      const z = az * cos + bz * sin;
      // The tangent p'(θ) against local north and east.
      const tx = bx * cos - ax * sin;
      const ty = by * cos - ay * sin;
      const tz = bz * cos - az * sin;
      const flat = Math.hypot(x, y);
      const east = flat === 0 ? 0 : (ty * x - tx * y) / flat;
      const north = flat === 0 ? -Math.sign(z) * tx : tz * flat - (z * (tx * x + ty * y)) / flat;
      return {
        latDeg: Math.atan2(z, flat) / radians,
        lonDeg: Math.atan2(y, x) / radians,
        courseDeg: (Math.atan2(east, north) / radians + 360) % 360,
      };
    },
  };
}
