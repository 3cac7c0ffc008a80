// One row of 64 bytes for each mover, as the graphics card reads it. Where a mover is at a moment is
// worked out there (mover-shader.ts); a row is written when a report comes, not when a frame is drawn.
//
//   byte  0  lon, lat                 float32   of the report
//         8  lon, lat                 float32   what float32 leaves of them
//        16  lon, lat a second        float32   drift
//        24  time of report           float32   seconds since `baseMs`
//        28  carried on for           float32   seconds
//        32  lon, lat                 float32   from where it was seen to where it is expected
//        40  when that began          float32   seconds since `baseMs`
//        44  heading                  float32   radians; of a sign that is turned
//        48  colour, alpha            4 × uint8
//        52  sign                     float32   column of the picture
//        56  scale                    float32   0: not drawn
//        60  stale after              float32   seconds

import type { Movers } from "../../live/movers.ts";
import { isOnGround } from "../../live/movers.ts";
import { driftOf, horizonMs, staleAfterMs } from "../dead-reckoning.ts";
import { moverColor } from "../ramps.ts";
import type { Ramp } from "../ramps.ts";
import { signNames, signOf, signs } from "./signs.ts";

export const rowBytes = 64;
const ROW = rowBytes / 4;
/** How long a jump to where a report says takes, seconds; the shader has the same. */
export const settleSeconds = 0.8;
/** Larger jumps are shown as jumps, degrees. */
const SETTLE_DEG_MAX = 0.25;

export interface RowLook {
  readonly ramp: Ramp;
  /** Is this slot shown at all? */
  readonly isShown: (slot: number) => boolean;
  readonly isSelected: (slot: number) => boolean;
}

/** Rows of all slots, grown by doubling. */
export class MoverRows {
  /** Times in rows count from here, epoch ms. */
  readonly baseMs: number;
  count = 0;
  bytes = new ArrayBuffer(rowBytes * 1024);
  #floats = new Float32Array(this.bytes);
  #colors = new Uint8Array(this.bytes);
  /** What is expected of the fastest, m/s, and the widest jump of the last write, degrees. */
  speedMpsMax = 0;
  jumpDegMax = 0;

  constructor(baseMs: number) {
    this.baseMs = baseMs;
  }

  /** Writes the rows of these slots anew. `nowMs` is the moment on the screen. */
  write(movers: Movers, slots: Iterable<number>, look: RowLook, nowMs: number): void {
    this.#grow(movers.slots);
    this.count = movers.slots;
    this.jumpDegMax = 0;
    for (const slot of slots) this.#writeRow(movers, slot, look, (nowMs - this.baseMs) / 1000);
  }

  #writeRow(movers: Movers, slot: number, look: RowLook, nowS: number): void {
    const floats = this.#floats;
    const row = slot * ROW;
    const { columns } = movers;
    const lon = columns.lon[slot] ?? NaN;
    const lat = columns.lat[slot] ?? NaN;
    if (Number.isNaN(lon) || Number.isNaN(lat) || !look.isShown(slot)) {
      floats[row + 14] = 0;
      return;
    }
    const wasShown = (floats[row + 14] ?? 0) > 0;
    const seen = wasShown ? this.#seenAt(row, nowS) : undefined;
    const kind = movers.kinds[columns.kind[slot] ?? 0] ?? "";
    const speedMps = columns.speedMps[slot] ?? NaN;
    const headingDeg = columns.headingDeg[slot] ?? NaN;
    const [lonPerS, latPerS] = driftOf(lat, speedMps, headingDeg);
    const cadenceMs = columns.cadenceMs[slot] ?? NaN;
    const sign = signs[signOf(kind)];
    floats[row] = lon;
    floats[row + 1] = lat;
    floats[row + 2] = lon - (floats[row] ?? 0);
    floats[row + 3] = lat - (floats[row + 1] ?? 0);
    floats[row + 4] = lonPerS;
    floats[row + 5] = latPerS;
    floats[row + 6] = ((columns.at[slot] ?? 0) - this.baseMs) / 1000;
    floats[row + 7] = horizonMs(kind, cadenceMs) / 1000;
    this.#settle(row, seen, nowS);
    const isTurned = sign.isTurned && !Number.isNaN(headingDeg);
    floats[row + 11] = isTurned ? (headingDeg * Math.PI) / 180 : 0;
    const onGround = ((columns.flags[slot] ?? 0) & isOnGround) !== 0;
    const altitudeM = columns.altitudeM[slot] ?? NaN;
    const [r, g, b] = moverColor(look.ramp, { kind, altitudeM, isOnGround: onGround });
    this.#colors.set([r, g, b, look.isSelected(slot) ? 255 : 254], row * 4 + 48);
    floats[row + 13] = signNames.indexOf(signOf(kind));
    floats[row + 14] = sign.scale * (onGround ? 0.8 : 1);
    floats[row + 15] = staleAfterMs(kind, cadenceMs) / 1000;
    if (speedMps > this.speedMpsMax) this.speedMpsMax = speedMps;
  }

  /** What is left of the way from where it was seen to where it is expected now. */
  #settle(row: number, seen: readonly [number, number] | undefined, nowS: number): void {
    const floats = this.#floats;
    floats[row + 8] = 0;
    floats[row + 9] = 0;
    floats[row + 10] = nowS;
    if (seen === undefined) return;
    const [lon, lat] = this.#seenAt(row, nowS);
    const jump = Math.max(Math.abs(seen[0] - lon), Math.abs(seen[1] - lat));
    if (jump > SETTLE_DEG_MAX) return;
    floats[row + 8] = seen[0] - lon;
    floats[row + 9] = seen[1] - lat;
    this.jumpDegMax = Math.max(this.jumpDegMax, jump);
  }

  /** [lon, lat] at which a slot is drawn at that moment: what the shader computes. */
  seen(slot: number, nowMs: number): readonly [number, number] {
    return this.#seenAt(slot * ROW, (nowMs - this.baseMs) / 1000);
  }

  isDrawn(slot: number): boolean {
    return slot < this.count && (this.#floats[slot * ROW + 14] ?? 0) > 0;
  }

  #seenAt(row: number, nowS: number): readonly [number, number] {
    const at = (index: number): number => this.#floats[row + index] ?? 0;
    const carriedS = Math.min(Math.max(0, nowS - at(6)), at(7));
    const left = 1 - smooth((nowS - at(10)) / settleSeconds);
    return [
      at(0) + at(2) + at(4) * carriedS + at(8) * left,
      at(1) + at(3) + at(5) * carriedS + at(9) * left,
    ];
  }

  #grow(slots: number): void {
    if (slots * rowBytes <= this.bytes.byteLength) return;
    const bytes = new ArrayBuffer(rowBytes * 2 ** Math.ceil(Math.log2(slots)));
    new Uint8Array(bytes).set(this.#colors);
    this.bytes = bytes;
    this.#floats = new Float32Array(bytes);
    this.#colors = new Uint8Array(bytes);
  }
}

function smooth(share: number): number {
  const x = Math.min(1, Math.max(0, share));
  return x * x * (3 - 2 * x);
}
