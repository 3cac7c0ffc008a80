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
// The table is this process's own and bounded (drop-oldest), so a new process and another replica
// believe their first fix of an asset. Hot path: numbers in flat arrays, no allocation for an asset
// that is known.

import type { Report } from "@drover/core/model/report";

export interface JumpGuardConfig {
  /** Assets remembered; 0 turns the guard off. Bound: drop-oldest. */
  readonly assetsMax: number;
}

export interface JumpGuard {
  /** Whether a report's position is out of its asset's reach; remembers what it believes. */
  isSuspect(report: Report): boolean;
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

/** Where a fact lies in an asset's stretch of `facts`. */
const believedAt = 0;
const believedLat = 1;
const believedLon = 2;
const believedAccuracyM = 3;
const fastest = 4;
const doubtAt = 5;
const doubtLat = 6;
const doubtLon = 7;
const stride = 8;
const slotsAtStart = 1_024;

/** A guard that has seen nothing yet. */
export function createJumpGuard(config: JumpGuardConfig): JumpGuard {
  return new Guard(config.assetsMax);
}

class Guard implements JumpGuard {
  readonly #assetsMax: number;
  readonly #slots = new Map<string, number>();
  #facts = new Float64Array(slotsAtStart * stride);
  #doubts = new Uint8Array(slotsAtStart);

  constructor(assetsMax: number) {
    this.#assetsMax = assetsMax;
  }

  size(): number {
    return this.#slots.size;
  }

  isSuspect(report: Report): boolean {
    const { position } = report;
    if (position === undefined || this.#assetsMax === 0) return false;
    const slot = this.#slots.get(report.asset);
    if (slot !== undefined) return this.#judge(slot, report.at, position);
    const taken = this.#takeSlot(report.asset);
    this.#facts[taken * stride + fastest] = fastestMps[report.kind] ?? otherMps;
    this.#believe(taken, report.at, position);
    return false;
  }

  /** A free slot, or that of the asset that was remembered first. */
  #takeSlot(asset: string): number {
    let slot = this.#slots.size;
    if (slot >= this.#assetsMax) {
      const [oldest] = this.#slots;
      if (oldest !== undefined) {
        this.#slots.delete(oldest[0]);
        slot = oldest[1];
      }
    } else if (slot * stride >= this.#facts.length) {
      const facts = new Float64Array(this.#facts.length * 2);
      facts.set(this.#facts);
      this.#facts = facts;
      const doubts = new Uint8Array(this.#doubts.length * 2);
      doubts.set(this.#doubts);
      this.#doubts = doubts;
    }
    this.#slots.set(asset, slot);
    return slot;
  }

  #judge(slot: number, at: number, fix: Fix): boolean {
    const facts = this.#facts;
    const base = slot * stride;
    const dtMs = at - (facts[base + believedAt] ?? 0);
    if (dtMs < 0) return false;
    const mps = facts[base + fastest] ?? otherMps;
    const noiseM = (facts[base + believedAccuracyM] ?? 0) + (fix.accuracyM ?? 0) + slackM;
    const reachM = noiseM + (mps * dtMs) / 1000;
    const lat = facts[base + believedLat] ?? 0;
    const lon = facts[base + believedLon] ?? 0;
    if (dtMs > silenceMs || isWithin(lat, lon, fix, reachM)) {
      this.#believe(slot, at, fix);
      return false;
    }
    return this.#doubt(slot, at, { fix, mps, noiseM });
  }

  #doubt(slot: number, at: number, about: { fix: Fix; mps: number; noiseM: number }): boolean {
    const { fix, mps, noiseM } = about;
    const facts = this.#facts;
    const base = slot * stride;
    const doubts = this.#doubts[slot] ?? 0;
    const dtMs = at - (facts[base + doubtAt] ?? 0);
    const stepM = noiseM + (mps * Math.abs(dtMs)) / 1000;
    const lat = facts[base + doubtLat] ?? 0;
    const lon = facts[base + doubtLon] ?? 0;
    const isConsistent = doubts > 0 && isWithin(lat, lon, fix, stepM);
    // The same moment said twice is one doubt: repeats must not talk the guard round.
    const count = !isConsistent ? 1 : dtMs === 0 ? doubts : doubts + 1;
    if (count >= doubtsMax) {
      this.#believe(slot, at, fix);
      return false;
    }
    this.#doubts[slot] = count;
    facts[base + doubtAt] = at;
    facts[base + doubtLat] = fix.lat;
    facts[base + doubtLon] = fix.lon;
    return true;
  }

  #believe(slot: number, at: number, fix: Fix): void {
    const facts = this.#facts;
    const base = slot * stride;
    facts[base + believedAt] = at;
    facts[base + believedLat] = fix.lat;
    facts[base + believedLon] = fix.lon;
    facts[base + believedAccuracyM] = fix.accuracyM ?? 0;
    this.#doubts[slot] = 0;
  }
}

type Fix = NonNullable<Report["position"]>;

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
