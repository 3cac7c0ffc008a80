// Marks a fix that its asset cannot have flown, driven or walked to. A marked report is kept like
// any other: `suspect` is a note to readers, never a refusal.
//
// Per asset one believed fix and a count of consecutive doubts:
//
//   believed ──fix within reach────────────────▶ believed (moves)
//   believed ──fix out of reach───▶ doubted 1..N-1 (each such fix is suspect)
//   doubted  ──fix within reach of the believed fix──▶ believed (the doubts were noise)
//   doubted  ──N-th doubt in a row, each within reach of the one before──▶ believed there
//   any      ──silence of `silenceMs`──▶ the next fix is believed
//
// Reach is `accuracy + v_max(kind) · dt + slack` (readsb's idea, `track.c`, without its reliability
// counter). Fixes older than the believed one are left alone: late data is no jump.
//
// The table is this process's own and bounded: assets share rows of four places by their hash, and
// in a full row the one whose believed fix is oldest goes (drop-oldest). So a new process and
// another replica believe their first fix of an asset. Hot path: numbers in one flat array.

import { hashOfAsset } from "@drover/core/model/asset-hash";
import type { Report } from "@drover/core/model/report";
import type { ScannedReport } from "@drover/core/model/scanned-report";

export interface JumpGuardConfig {
  /** Assets remembered, rounded down to a power of two; below 4 the guard is off. */
  readonly assetsMax: number;
}

export interface JumpGuard {
  /** Whether a report's position is out of its asset's reach; remembers what it believes. */
  isSuspect(report: Report): boolean;
  /** As `isSuspect`, for a report that was only scanned. */
  isScannedSuspect(scanned: ScannedReport): boolean;
  /** Assets remembered now. */
  size(): number;
}

/** Fastest that a kind of asset moves over ground, m/s, with a tail wind; others get `otherMps`. */
const fastestMps: Readonly<Record<string, number>> = {
  aircraft: 550,
  helicopter: 120,
  drone: 80,
  vessel: 40,
  vehicle: 90,
  bus: 60,
  train: 160,
  animal: 35,
  bird: 60,
  person: 20,
  station: 1,
};
const otherMps = 550;
/** Position noise that no sender admits to. */
const slackM = 250;
const silenceMs = 120_000;
const doubtsMax = 3;
/** Metres per degree of latitude: the WGS-84 mean meridian. */
const metresPerDegree = 111_132;
const radiansPerDegree = Math.PI / 180;

/** Where a fact lies in a place of the table. */
const hashAt = 0;
const believedAt = 1;
const believedLat = 2;
const believedLon = 3;
const believedAccuracyM = 4;
const fastest = 5;
const doubts = 6;
const doubtAt = 7;
const doubtLat = 8;
const doubtLon = 9;
const stride = 10;
const ways = 4;

/** A fix to judge; one object serves all. */
interface Fix {
  asset: number;
  at: number;
  lat: number;
  lon: number;
  accuracyM: number;
}

/** A guard that has seen nothing yet. */
export function createJumpGuard(config: JumpGuardConfig): JumpGuard {
  return new Guard(config.assetsMax);
}

class Guard implements JumpGuard {
  readonly #rows: number;
  readonly #facts: Float64Array;
  readonly #fix: Fix = { asset: 0, at: 0, lat: 0, lon: 0, accuracyM: 0 };
  #size = 0;

  constructor(assetsMax: number) {
    this.#rows = assetsMax < ways ? 0 : 2 ** Math.floor(Math.log2(assetsMax / ways));
    this.#facts = new Float64Array(this.#rows * ways * stride);
  }

  size(): number {
    return this.#size;
  }

  isSuspect(report: Report): boolean {
    const { position } = report;
    if (position === undefined || this.#rows === 0) return false;
    const fix = this.#fix;
    fix.asset = hashOfAsset(report.asset);
    fix.at = report.at;
    fix.lat = position.lat;
    fix.lon = position.lon;
    fix.accuracyM = position.accuracyM ?? 0;
    const place = this.#find(fix.asset);
    if (place !== -1) return this.#judge(place);
    this.#remember(report.kind);
    return false;
  }

  isScannedSuspect(scanned: ScannedReport): boolean {
    if (Number.isNaN(scanned.lat) || this.#rows === 0) return false;
    const fix = this.#fix;
    fix.asset = scanned.assetHash;
    fix.at = scanned.at;
    fix.lat = scanned.lat;
    fix.lon = scanned.lon;
    fix.accuracyM = Number.isNaN(scanned.accuracyM) ? 0 : scanned.accuracyM;
    const place = this.#find(fix.asset);
    if (place !== -1) return this.#judge(place);
    this.#remember(scanned.kind());
    return false;
  }

  /** Place of the first fact of an asset, or -1. */
  #find(asset: number): number {
    const first = (asset % this.#rows) * ways * stride;
    for (let place = first; place < first + ways * stride; place += stride) {
      if (this.#facts[place] === asset) return place;
    }
    return -1;
  }

  #remember(kind: string): void {
    const facts = this.#facts;
    const first = (this.#fix.asset % this.#rows) * ways * stride;
    let chosen = first;
    for (let place = first; place < first + ways * stride; place += stride) {
      // An empty place has the hash 0 and the time 0.
      if ((facts[place + believedAt] ?? 0) < (facts[chosen + believedAt] ?? 0)) chosen = place;
    }
    if (facts[chosen + hashAt] === 0) this.#size++;
    facts[chosen + hashAt] = this.#fix.asset;
    facts[chosen + fastest] = fastestMps[kind] ?? otherMps;
    this.#believe(chosen);
  }

  #judge(place: number): boolean {
    const facts = this.#facts;
    const fix = this.#fix;
    const dtMs = fix.at - (facts[place + believedAt] ?? 0);
    if (dtMs < 0) return false;
    const noiseM = (facts[place + believedAccuracyM] ?? 0) + fix.accuracyM + slackM;
    const reachM = noiseM + ((facts[place + fastest] ?? otherMps) * dtMs) / 1000;
    const lat = facts[place + believedLat] ?? 0;
    const lon = facts[place + believedLon] ?? 0;
    if (dtMs <= silenceMs && !isWithin(lat, lon, fix, reachM)) return this.#doubt(place, noiseM);
    this.#believe(place);
    return false;
  }

  #doubt(place: number, noiseM: number): boolean {
    const facts = this.#facts;
    const fix = this.#fix;
    const before = facts[place + doubts] ?? 0;
    const dtMs = Math.abs(fix.at - (facts[place + doubtAt] ?? 0));
    const stepM = noiseM + ((facts[place + fastest] ?? otherMps) * dtMs) / 1000;
    const lat = facts[place + doubtLat] ?? 0;
    const lon = facts[place + doubtLon] ?? 0;
    const isConsistent = before > 0 && isWithin(lat, lon, fix, stepM);
    // The same moment said twice is one doubt: repeats must not talk the guard round.
    const more = dtMs === 0 ? before : before + 1;
    const count = isConsistent ? more : 1;
    if (count >= doubtsMax) {
      this.#believe(place);
      return false;
    }
    facts[place + doubts] = count;
    facts[place + doubtAt] = fix.at;
    facts[place + doubtLat] = fix.lat;
    facts[place + doubtLon] = fix.lon;
    return true;
  }

  #believe(place: number): void {
    const facts = this.#facts;
    const fix = this.#fix;
    facts[place + believedAt] = fix.at;
    facts[place + believedLat] = fix.lat;
    facts[place + believedLon] = fix.lon;
    facts[place + believedAccuracyM] = fix.accuracyM;
    facts[place + doubts] = 0;
  }
}

/**
 * Whether two places are at most `reachM` apart: the shorter way round, on the flat through their
 * mean latitude. Over the distances that matter here its error is far below the slack.
 */
function isWithin(lat: number, lon: number, fix: Fix, reachM: number): boolean {
  const northM = Math.abs(fix.lat - lat) * metresPerDegree;
  let dLon = Math.abs(fix.lon - lon);
  if (dLon > 180) dLon = 360 - dLon;
  // East is longest at the equator: mostly this settles it without a cosine.
  const eastMostM = dLon * metresPerDegree;
  if (northM + eastMostM <= reachM) return true;
  if (northM > reachM) return false;
  const eastM = eastMostM * Math.cos(((fix.lat + lat) / 2) * radiansPerDegree);
  return northM * northM + eastM * eastM <= reachM * reachM;
}
