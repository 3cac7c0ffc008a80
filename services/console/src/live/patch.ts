// What the worker hands to the page at a tick: the movers that changed, as columns over one buffer that
// changes hands (it is transferred, not copied, and comes back to be filled again).

/** Columns of equal length, one entry for each slot in `slots`. */
export interface Patch {
  readonly slots: Uint32Array;
  readonly at: Float64Array;
  readonly lon: Float64Array;
  readonly lat: Float64Array;
  readonly altitudeM: Float32Array;
  readonly speedMps: Float32Array;
  readonly headingDeg: Float32Array;
  readonly climbMps: Float32Array;
  readonly kind: Uint8Array;
  readonly flags: Uint8Array;
  /** Slots that hold another asset, or another label, than before: slot, asset, label. */
  readonly named: readonly (readonly [number, string, string])[];
  /** Slots that are free now. */
  readonly removed: readonly number[];
  readonly kinds: readonly string[];
}

const bytesEach = 3 * 8 + 5 * 4 + 2;

/** Bytes of a buffer for so many movers. */
export const bufferBytes = (movers: number): number => movers * bytesEach;

export type PatchColumns = Omit<Patch, "named" | "removed" | "kinds">;

/** The columns for `count` movers over a buffer that is large enough. */
export function columnsOver(buffer: ArrayBuffer, count: number): PatchColumns {
  let offset = 0;
  const at = (bytes: number): number => {
    const start = offset;
    offset += bytes;
    return start;
  };
  return {
    at: new Float64Array(buffer, at(count * 8), count),
    lon: new Float64Array(buffer, at(count * 8), count),
    lat: new Float64Array(buffer, at(count * 8), count),
    slots: new Uint32Array(buffer, at(count * 4), count),
    altitudeM: new Float32Array(buffer, at(count * 4), count),
    speedMps: new Float32Array(buffer, at(count * 4), count),
    headingDeg: new Float32Array(buffer, at(count * 4), count),
    climbMps: new Float32Array(buffer, at(count * 4), count),
    kind: new Uint8Array(buffer, at(count), count),
    flags: new Uint8Array(buffer, at(count), count),
  };
}
