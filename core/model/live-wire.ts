// The live feed's frames, as both sides know them; docs/live-protocol.md shows the bytes.
//
//   frame  = version type flags 0 | hello's or movers' body
//   movers = sentAt baseMs version updates | item…
//   item   = removal | introduction | update, of a mover known by its number on this connection
//
// An update holds all that is known of a mover, never a difference: any may be left out as long as a
// later one comes, and one is the same for every client. Written by live-wire-writer.ts, read by
// live-wire-reader.ts, kept by mover-table.ts.

/** Version of the frames; the first byte of each. */
export const liveWireVersion = 1;

/** What a client offers and a server chooses as Sec-WebSocket-Protocol. */
export const liveSubprotocol = "drover.live.v1";
/** Followed by the token, offered beside it: a browser's WebSocket has no headers. */
export const liveTokenProtocol = "drover.token.";

/** Second byte of a frame. */
export const frameTypes = { hello: 1, keyframe: 2, delta: 3 } as const;
/** Bits of the third byte, of a keyframe alone. */
export const frameFlags = { first: 1, last: 2 } as const;

export const helloHeadBytes = 14;
export const moversHeadBytes = 32;

/** Bits of an update's mask. */
export const updateMask = {
  position: 1,
  altitude: 2,
  speed: 4,
  heading: 8,
  climb: 16,
  onGround: 32,
  suspect: 64,
  olderPosition: 128,
} as const;

/** Steps in one unit: what is on the wire is what is stored (`resolution` in report.ts). */
export const wireSteps = { degree: 1e7, metre: 100, mps: 100, headingDeg: 100 } as const;

export const liveWireLimits = {
  /** A frame that is longer is refused unread. */
  frameBytes: 4 * 1024 * 1024,
  /** Numbers of movers are below it. */
  movers: 2 ** 24,
  /** UTF-8 bytes of a label, a session, a resume token. */
  textBytes: 255,
  updateBytes: 48,
} as const;

/** Thrown when bytes are no frame; says what was met and where. */
export class LiveWireError extends Error {
  override name = "LiveWireError";
}

/** What is known of a mover now; NaN where something is not. SI units, times in epoch ms. */
export interface Mover {
  /** Event time of the newest report. */
  at: number;
  /** Event time of the place; not above `at`. NaN when there is no place. */
  positionAt: number;
  lat: number;
  lon: number;
  altitudeM: number;
  speedMps: number;
  headingDeg: number;
  climbMps: number;
  onGround: boolean;
  /** The newest report's place was not believed; the place is of an older one. */
  isSuspect: boolean;
}

/** The first frame, and the answer to each change of the subscription. */
export interface HelloFrame {
  readonly type: "hello";
  /** The server's process; numbers of movers hold only within one. */
  readonly session: string;
  /** To be sent with `resume` after a drop, with the version of the last frame after this hello. */
  readonly resume: string;
  readonly serverMs: number;
}

export interface MoversFrame {
  /** A keyframe repeats all; one too large comes in parts. A delta says what changed. */
  readonly type: "keyframe" | "delta";
  /** What is known may be forgotten when `isLast` comes, but for what is said from here to there. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly sentAt: number;
  /** Everything up to it has been said; 0 when nothing can be resumed. */
  readonly version: number;
  readonly removed: readonly number[];
  readonly introduced: readonly Introduction[];
  readonly updates: MoverColumns;
}

/** Which asset a number stands for, before its first update and when its label changes. */
export interface Introduction {
  readonly number: number;
  readonly asset: string;
  /** Callsign or name; empty when there is none. */
  readonly label: string;
}

/** The updates of a frame, member by member. */
export interface MoverColumns {
  readonly count: number;
  readonly number: Uint32Array;
  readonly at: Float64Array;
  readonly positionAt: Float64Array;
  readonly lat: Float64Array;
  readonly lon: Float64Array;
  readonly altitudeM: Float32Array;
  readonly speedMps: Float32Array;
  readonly headingDeg: Float32Array;
  readonly climbMps: Float32Array;
  /** Bits of `moverFlags`. */
  readonly flags: Uint8Array;
}

export type LiveFrame = HelloFrame | MoversFrame;

/** Bits of a table's `flags`. */
export const moverFlags = { onGround: 1, suspect: 2 } as const;

export function emptyColumns(count: number): MoverColumns {
  return {
    count,
    number: new Uint32Array(count),
    at: new Float64Array(count),
    positionAt: new Float64Array(count),
    lat: new Float64Array(count),
    lon: new Float64Array(count),
    altitudeM: new Float32Array(count),
    speedMps: new Float32Array(count),
    headingDeg: new Float32Array(count),
    climbMps: new Float32Array(count),
    flags: new Uint8Array(count),
  };
}
