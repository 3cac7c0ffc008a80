// What is common to all clients of the binary feed: each asset's update in the form of the wire, written
// when the first client wants it after a change and copied for the others, and its label. Hot path.

import { liveWireLimits, type Mover } from "@drover/core/model/live-wire";
import { writeUpdate, type FrameWriter } from "@drover/core/model/live-wire-writer";
import type { AssetState } from "./asset-state.ts";
import type { Slot } from "./board.ts";

export interface WireShelf {
  /** Distances of times in updates are from here; the same for the shelf's whole life. */
  readonly baseMs: number;
  /** Writes the update of an asset as it is now. */
  copyTo(writer: FrameWriter, slot: Slot): void;
  /** Callsign, or name; empty when there is neither. */
  labelOf(slot: Slot): string;
  /** Takes note of the label; gives whether it is another than at the last call for this asset. */
  hasNewLabel(slot: Slot): boolean;
}

const STRIDE = liveWireLimits.updateBytes;
const NUMBERS_MIN = 1_024;

/** An empty shelf; it grows with the numbers that the board gives. */
export function createWireShelf(config: { readonly baseMs: number }): WireShelf {
  const { baseMs } = config;
  let bytes = new Uint8Array(NUMBERS_MIN * STRIDE);
  let view = new DataView(bytes.buffer);
  let lengths = new Uint8Array(NUMBERS_MIN);
  /** Of the board, at which the bytes were written; 0 when there are none. */
  let versions = new Float64Array(NUMBERS_MIN);
  const labels: (Label | undefined)[] = [];
  const mover = emptyMover();

  function grow(number: number): void {
    let size = lengths.length;
    while (size <= number) size *= 2;
    const [oldBytes, oldLengths, oldVersions] = [bytes, lengths, versions];
    bytes = new Uint8Array(size * STRIDE);
    view = new DataView(bytes.buffer);
    lengths = new Uint8Array(size);
    versions = new Float64Array(size);
    bytes.set(oldBytes);
    lengths.set(oldLengths);
    versions.set(oldVersions);
  }

  return {
    baseMs,
    copyTo(writer, slot) {
      const { number } = slot;
      if (number >= lengths.length) grow(number);
      const start = number * STRIDE;
      if (versions[number] !== slot.version) {
        fill(mover, slot.state);
        lengths[number] = writeUpdate({ bytes, view, baseMs }, start, number, mover) - start;
        versions[number] = slot.version;
      }
      writer.copyUpdate(bytes, start, lengths[number] ?? 0);
    },
    labelOf: ({ state }) => labelOf(state),
    hasNewLabel({ number, state }) {
      const known = labels[number];
      const attributes = state.attributes?.value;
      // The same attributes have the same label, and another asset has others.
      if (known && known.asset === state.asset && known.attributes === attributes) return false;
      const text = labelOf(state);
      labels[number] = { asset: state.asset, attributes, text };
      return known !== undefined && known.asset === state.asset && known.text !== text;
    },
  };
}

interface Label {
  readonly asset: string;
  readonly attributes: Readonly<Record<string, string>> | undefined;
  readonly text: string;
}

function labelOf({ attributes }: AssetState): string {
  return attributes?.value["callsign"] ?? attributes?.value["name"] ?? "";
}

function emptyMover(): Mover {
  const absent = Number.NaN;
  return {
    at: 0,
    positionAt: absent,
    lat: absent,
    lon: absent,
    altitudeM: absent,
    speedMps: absent,
    headingDeg: absent,
    climbMps: absent,
    onGround: false,
    isSuspect: false,
  };
}

/** One mover for all updates: nothing is allocated for each. */
function fill(mover: Mover, { at, isSuspect, position, motion }: AssetState): void {
  const place = position?.value;
  const moved = motion?.value;
  mover.at = at;
  mover.isSuspect = isSuspect;
  mover.positionAt = position?.at ?? Number.NaN;
  mover.lat = place?.lat ?? Number.NaN;
  mover.lon = place?.lon ?? Number.NaN;
  mover.altitudeM = place?.altitudeM ?? Number.NaN;
  mover.onGround = place?.onGround === true;
  mover.speedMps = moved?.speedMps ?? Number.NaN;
  mover.headingDeg = moved?.headingDeg ?? Number.NaN;
  mover.climbMps = moved?.climbMps ?? Number.NaN;
}
