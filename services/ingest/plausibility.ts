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

interface Memory {
  at: number;
  lat: number;
  lon: number;
  accuracyM: number;
  doubts: number;
  doubtAt: number;
  doubtLat: number;
  doubtLon: number;
  readonly mps: number;
}

export function createJumpGuard(config: JumpGuardConfig): JumpGuard {
  const memories = new Map<string, Memory>();

  function remember(report: Report, lat: number, lon: number): void {
    if (memories.size >= config.assetsMax) {
      const oldest = memories.keys().next();
      if (!oldest.done) memories.delete(oldest.value);
    }
    memories.set(report.asset, {
      at: report.at,
      lat,
      lon,
      accuracyM: report.position?.accuracyM ?? 0,
      doubts: 0,
      doubtAt: 0,
      doubtLat: 0,
      doubtLon: 0,
      mps: fastestMps[report.kind] ?? otherMps,
    });
  }

  return {
    size: () => memories.size,
    isSuspect(report) {
      const { position } = report;
      if (position === undefined || config.assetsMax === 0) return false;
      const memory = memories.get(report.asset);
      if (memory !== undefined) return judge(memory, report.at, position);
      remember(report, position.lat, position.lon);
      return false;
    },
  };
}

function judge(memory: Memory, at: number, fix: NonNullable<Report["position"]>): boolean {
  const dtMs = at - memory.at;
  if (dtMs < 0) return false;
  const accuracyM = fix.accuracyM ?? 0;
  const reachM = memory.accuracyM + accuracyM + (memory.mps * dtMs) / 1000 + slackM;
  if (dtMs > silenceMs || isWithin(memory.lat, memory.lon, fix, reachM)) {
    believe(memory, at, fix);
    return false;
  }
  const doubtDtMs = Math.abs(at - memory.doubtAt);
  const stepM = accuracyM + memory.accuracyM + (memory.mps * doubtDtMs) / 1000 + slackM;
  const isConsistent = memory.doubts > 0 && isWithin(memory.doubtLat, memory.doubtLon, fix, stepM);
  // The same point said twice is one doubt: repeats must not talk the guard round.
  if (!(isConsistent && at === memory.doubtAt))
    memory.doubts = isConsistent ? memory.doubts + 1 : 1;
  if (memory.doubts >= doubtsMax) {
    believe(memory, at, fix);
    return false;
  }
  memory.doubtAt = at;
  memory.doubtLat = fix.lat;
  memory.doubtLon = fix.lon;
  return true;
}

function believe(memory: Memory, at: number, fix: NonNullable<Report["position"]>): void {
  memory.at = at;
  memory.lat = fix.lat;
  memory.lon = fix.lon;
  memory.accuracyM = fix.accuracyM ?? 0;
  memory.doubts = 0;
}

/**
 * Whether two places are at most `reachM` apart: the shorter way round, on the flat through their
 * mean latitude. Over the distances that matter here its error is far below the slack.
 */
function isWithin(
  lat: number,
  lon: number,
  fix: { readonly lat: number; readonly lon: number },
  reachM: number,
): boolean {
  const northM = (fix.lat - lat) * metresPerDegree;
  if (northM > reachM || northM < -reachM) return false;
  let dLon = Math.abs(fix.lon - lon);
  if (dLon > 180) dLon = 360 - dLon;
  const eastM = dLon * metresPerDegree * Math.cos(((fix.lat + lat) / 2) * radiansPerDegree);
  return northM * northM + eastM * eastM <= reachM * reachM;
}
