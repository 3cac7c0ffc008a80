// The one gate between what a feed says and a report. Whatever a parser hands in, what comes out
// satisfies the `Report` schema: a member beyond its limits is left out and counted, a draft without
// a believable time or without any content is refused.

import { toAssetId } from "@drover/core/model/ids";
import { limits, namePattern } from "@drover/core/model/report";
import type { Motion, Position, Report } from "@drover/core/model/report";
import { headingFromDegrees } from "@drover/core/model/units";
import type { Tally } from "./tally.ts";

/** SI units; absent and `undefined` mean unknown. */
export interface Draft {
  /** Of the asset: `aircraft`, `station`… */
  readonly kind: string;
  /** The device's own name; brought into an asset id's spelling. */
  readonly id: string;
  /** Epoch ms of the event. */
  readonly at: number | undefined;
  readonly lat?: number | undefined;
  readonly lon?: number | undefined;
  readonly altitudeM?: number | undefined;
  readonly accuracyM?: number | undefined;
  readonly onGround?: boolean | undefined;
  readonly speedMps?: number | undefined;
  readonly headingDeg?: number | undefined;
  readonly climbMps?: number | undefined;
  readonly measurements?: Readonly<Record<string, number | undefined>>;
  readonly attributes?: Readonly<Record<string, string | undefined>>;
  /** Name of the source. */
  readonly source: string;
  readonly historical?: boolean;
}

/** 2000-01-01T00:00Z: a device whose clock says less has not been set. */
const CLOCK_SET_MS = Date.UTC(2000, 0, 1);

/**
 * Makes a report of a draft, or counts why not: `bad-time`, `clock-not-set`, `bad-id`, `empty`.
 * Members beyond the limits are left out and counted by name: `position-out-of-range`,
 * `null-island` (0,0 is what a receiver says that does not know), `altitude-out-of-range`…
 */
export function finishDraft(draft: Draft, tally: Pick<Tally, "refused">): Report | undefined {
  const at = draft.at === undefined ? Number.NaN : Math.round(draft.at);
  if (!Number.isSafeInteger(at) || at < limits.atMs.min || at > limits.atMs.max) {
    tally.refused("bad-time");
    return undefined;
  }
  if (at < CLOCK_SET_MS) {
    tally.refused("clock-not-set");
    return undefined;
  }
  let asset: string;
  try {
    asset = toAssetId(draft.kind, draft.id);
  } catch {
    tally.refused("bad-id");
    return undefined;
  }
  const position = positionOf(draft, tally);
  const motion = motionOf(draft, tally);
  const measurements = measurementsOf(draft.measurements);
  const attributes = attributesOf(draft.attributes);
  if (!position && !motion && !measurements && !attributes) {
    tally.refused("empty");
    return undefined;
  }
  return {
    asset,
    kind: draft.kind,
    at,
    ...(position && { position }),
    ...(motion && { motion }),
    ...(measurements && { measurements }),
    ...(attributes && { attributes }),
    source: draft.source,
    ...(draft.historical === true && { historical: true }),
  };
}

function positionOf(draft: Draft, tally: Pick<Tally, "refused">): Position | undefined {
  const { lat, lon, onGround } = draft;
  if (lat === undefined || lon === undefined) return undefined;
  // Written so that NaN fails too.
  if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) {
    tally.refused("position-out-of-range");
    return undefined;
  }
  if (Math.abs(lat) < 1e-6 && Math.abs(lon) < 1e-6) {
    tally.refused("null-island");
    return undefined;
  }
  const altitudeM = within(draft.altitudeM, limits.altitudeM, "altitude-out-of-range", tally);
  const accuracyM = within(draft.accuracyM, limits.accuracyM, "accuracy-out-of-range", tally);
  return {
    lat,
    lon,
    ...(altitudeM !== undefined && { altitudeM }),
    ...(accuracyM !== undefined && { accuracyM }),
    ...(onGround !== undefined && { onGround }),
  };
}

function motionOf(draft: Draft, tally: Pick<Tally, "refused">): Motion | undefined {
  const speedMps = within(draft.speedMps, limits.speedMps, "speed-out-of-range", tally);
  const climbMps = within(draft.climbMps, limits.climbMps, "climb-out-of-range", tally);
  const heading = within(draft.headingDeg, { min: -360, max: 720 }, "heading-out-of-range", tally);
  if (speedMps === undefined && climbMps === undefined && heading === undefined) return undefined;
  return {
    ...(speedMps !== undefined && { speedMps }),
    ...(heading !== undefined && { headingDeg: turned(heading) }),
    ...(climbMps !== undefined && { climbMps }),
  };
}

/** Left as it is where it can be: the remainder adds noise in the last digits. */
function turned(heading: number): number {
  return heading >= 0 && heading < 360 ? heading : headingFromDegrees(heading);
}

function within(
  value: number | undefined,
  range: { readonly min: number; readonly max: number },
  reason: string,
  tally: Pick<Tally, "refused">,
): number | undefined {
  if (value === undefined || (value >= range.min && value <= range.max)) return value;
  tally.refused(reason);
  return undefined;
}

function measurementsOf(given: Draft["measurements"]): Record<string, number> | undefined {
  const kept: Record<string, number> = {};
  let count = 0;
  for (const name in given) {
    const value = given[name];
    if (value === undefined || !Number.isFinite(value) || !namePattern.test(name)) continue;
    if (++count > limits.measurements) break;
    kept[name] = value;
  }
  return count === 0 ? undefined : kept;
}

function attributesOf(given: Draft["attributes"]): Record<string, string> | undefined {
  const kept: Record<string, string> = {};
  let count = 0;
  for (const name in given) {
    const value = cleanText(given[name]);
    if (value === undefined || !namePattern.test(name)) continue;
    if (++count > limits.attributes) break;
    kept[name] = value;
  }
  return count === 0 ? undefined : kept;
}

/** Text of a feed without padding and control characters; undefined when nothing is left. */
export function cleanText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // Callsigns come padded with blanks, and with `@` (character 0 of the ADS-B alphabet).
  const clean = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "")
    .trim()
    .replace(/@+$/, "")
    .trim()
    .slice(0, limits.attributeChars);
  return clean === "" ? undefined : clean.toWellFormed();
}
