// Plays stored history as if it were live: the same frames, from `GET /v1/replay`, one window at a time.
// Going on applies the frames up to the moment; going back, or far ahead, asks for another window.

import { decodeFrame } from "@drover/core/model/live-wire-reader";
import type { LiveFrame, MoversFrame } from "@drover/core/model/live-wire";
import type { Wanted } from "./feed-messages.ts";

export interface ReplayMoment {
  /** Of the server, without a query. */
  readonly url: string;
  readonly token: string;
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly wanted: Wanted;
}

export interface ReplayDeps {
  readonly fetch: typeof fetch;
  readonly onState: (state: "loading" | "ready" | "failed") => void;
  /** What was shown is of another time. */
  readonly onAnew: () => void;
  readonly onFrame: (frame: LiveFrame) => void;
}

export interface ReplayPlayer extends Disposable {
  seek(moment: ReplayMoment): void;
}

/** Steps of a window; more frames than these are not asked for at once. */
const STEPS = 360;
const STEP_MS = { min: 1_000, max: 60_000 };
/** An asset is there from its first report in the window: so much earlier it begins. */
const LEAD_MS = 3 * 60_000;
const TIMEOUT_MS = 30_000;

/** How far apart frames are, so that the whole range is a few windows. */
export const stepMsFor = (rangeMs: number): number =>
  Math.round(Math.min(STEP_MS.max, Math.max(STEP_MS.min, rangeMs / (4 * STEPS))));

interface Window {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly frames: readonly MoversFrame[];
}

export function createReplay(deps: ReplayDeps): ReplayPlayer {
  let shown: Window | undefined;
  let shownAt = 0;
  let applied = 0;
  let wantedNext: ReplayMoment | undefined;
  let isAsking = false;
  const ending = new AbortController();

  function showAt(window: Window, at: number): void {
    if (window !== shown || at < shownAt) {
      deps.onAnew();
      applied = 0;
      shown = window;
    }
    shownAt = at;
    for (;;) {
      const frame = window.frames[applied];
      if (frame === undefined || frame.sentAt > at) return;
      deps.onFrame(frame);
      applied++;
    }
  }

  /** None for whoever went back to what is shown while the server was asked. */
  const stillWanted = (): ReplayMoment | undefined => wantedNext;

  async function askNext(): Promise<void> {
    if (isAsking || wantedNext === undefined) return;
    const moment = wantedNext;
    isAsking = true;
    deps.onState("loading");
    try {
      const window = await ask(moment, deps, ending.signal);
      if (ending.signal.aborted) return;
      deps.onState("ready");
      // Where the person is by now.
      const latest = stillWanted();
      if (latest !== undefined && isWithin(window, latest)) {
        wantedNext = undefined;
        showAt(window, latest.at);
      }
    } catch {
      wantedNext = undefined;
      if (!ending.signal.aborted) deps.onState("failed");
    } finally {
      isAsking = false;
    }
    if (!ending.signal.aborted) await askNext();
  }

  return {
    seek(moment) {
      if (shown !== undefined && isWithin(shown, moment)) {
        wantedNext = undefined;
        return showAt(shown, moment.at);
      }
      wantedNext = moment;
      void askNext();
    },
    [Symbol.dispose]: () => ending.abort(),
  };
}

const keyOf = ({ wanted, from, to }: ReplayMoment): string => JSON.stringify([wanted, from, to]);

const isWithin = (window: Window, moment: ReplayMoment): boolean =>
  window.key === keyOf(moment) && moment.at >= window.from && moment.at <= window.to;

async function ask(moment: ReplayMoment, deps: ReplayDeps, signal: AbortSignal): Promise<Window> {
  const { at, from, to, wanted } = moment;
  const stepMs = stepMsFor(to - from);
  const start = Math.max(from, Math.round(at) - stepMs);
  const end = Math.min(to, start + STEPS * stepMs);
  const query = new URLSearchParams({
    from: `${start - LEAD_MS}`,
    to: `${end}`,
    stepMs: `${stepMs}`,
  });
  const { box, kinds } = wanted;
  if (box !== undefined) query.set("box", [box.west, box.south, box.east, box.north].join(","));
  if (kinds !== undefined) query.set("kinds", kinds.join(","));
  const response = await deps.fetch(`${moment.url}?${query.toString()}`, {
    headers: { authorization: `Bearer ${moment.token}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (!response.ok) throw new Error(`replay: the server answered ${response.status}`);
  const frames = [...framesIn(new Uint8Array(await response.arrayBuffer()))];
  // A body that was cut off reaches as far as its last frame.
  const reached = Math.max(start, Math.min(end, frames.at(-1)?.sentAt ?? start));
  return { key: keyOf(moment), from: start, to: reached, frames };
}

/** Frames, each behind its length as a 32-bit number, little-endian. */
export function* framesIn(bytes: Uint8Array): Generator<MoversFrame> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset + 4 <= bytes.length;) {
    const length = view.getUint32(offset, true);
    const frame = decodeFrame(bytes.subarray(offset + 4, offset + 4 + length));
    if (frame.type !== "hello") yield frame;
    offset += 4 + length;
  }
}
