// Plays stored history as frames: window by window, no faster than the caller takes them.
//
// Bounds: replays at once (reject), fixes, bytes and time of one; a caller that takes nothing for a while is
// left. A body that was cut off lacks the last frame: the caller asks again from the last step that it has.

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { replayFixes, type ReplayFix } from "@drover/core/history/queries/replay";
import type { Clock } from "@drover/core/service/clock";
import { createSemaphore, type Permit } from "@drover/core/service/limits";
import { Problem } from "@drover/core/service/problem";
import type { HistoryReader } from "../history-reader.ts";
import type { Box } from "./board.ts";
import { createReplayFrames } from "./replay-frames.ts";

export interface ReplayRequest {
  /** Event time, epoch ms; `to` does not belong to it. */
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  readonly box: Box | undefined;
  readonly kinds: readonly string[] | undefined;
}

export interface ReplayConfig {
  readonly replaysMax: number;
  readonly fixesMax: number;
  readonly bytesMax: number;
  readonly timeMsMax: number;
  /** A caller that takes nothing for so long is left. */
  readonly stuckMsMax: number;
  /** Fixes of one window; one step with more is refused. */
  readonly windowFixesMax: number;
  /** Fixes that a window is meant to have: what is parsed at a time. */
  readonly windowFixes: number;
  /** An asset is shown for so long after its last fix. */
  readonly heardMs: number;
}

export const replayDefaults: ReplayConfig = {
  replaysMax: 8,
  fixesMax: 3_000_000,
  bytesMax: 128 * 1024 * 1024,
  timeMsMax: 120_000,
  stuckMsMax: 30_000,
  windowFixesMax: 100_000,
  windowFixes: 20_000,
  heardMs: 15 * 60_000,
};

export interface Replay {
  /** A place for one more replay; undefined when there is none. */
  seat(): Permit | undefined;
  /**
   * Answers with frames; resolves when all were taken, a bound was met, or the caller left.
   *
   * @throws Problem while nothing was answered: history is away, or the question takes too much.
   */
  play(response: ServerResponse, request: ReplayRequest, signal: AbortSignal): Promise<void>;
}

export interface ReplayDeps {
  readonly reader: HistoryReader;
  readonly clock: Clock;
}

export const framesType = "application/vnd.drover.frames";
const STEPS_FIRST = 64;

export function createReplay(config: ReplayConfig, deps: ReplayDeps): Replay {
  const { clock } = deps;
  const seats = createSemaphore({ name: "replays", permits: config.replaysMax, waitersMax: 0 });
  return {
    seat: () => seats.tryAcquire(),
    async play(response, request, signal) {
      const { from, to, stepMs } = request;
      const ending = AbortSignal.any([signal, AbortSignal.timeout(config.timeMsMax)]);
      const frames = createReplayFrames({ fromMs: from, heardMs: config.heardMs });
      let left = { fixes: config.fixesMax, bytes: config.bytesMax };
      const say = async (frame: Uint8Array) => {
        left = { ...left, bytes: left.bytes - frame.length - 4 };
        await write(response, frame, ending, config.stuckMsMax);
      };
      try {
        for await (const { step, fixes } of readSteps(config, deps, request, ending)) {
          if (!response.headersSent) await greet(response, frames.hello(clock.now()), say);
          left = { ...left, fixes: left.fixes - fixes.length };
          if (left.fixes < 0 || left.bytes < 0) return;
          const endMs = Math.min(to, from + (step + 1) * stepMs);
          for (const frame of frames.step(endMs, fixes)) await say(frame);
        }
        if (!response.headersSent) await greet(response, frames.hello(clock.now()), say);
        await say(frames.end(to));
      } catch (error) {
        if (!response.headersSent) throw error;
        // Half an answer has been given: that it lacks its end says so.
        if (!(error instanceof Problem) && !ending.aborted && !response.destroyed) throw error;
      } finally {
        if (response.headersSent) response.end();
      }
    },
  };
}

async function greet(
  response: ServerResponse,
  hello: Uint8Array,
  say: (frame: Uint8Array) => Promise<void>,
): Promise<void> {
  response.writeHead(200, {
    "content-type": framesType,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    // Kept alive after the end it would hold up a server that stops.
    connection: "close",
  });
  await say(hello);
}

/** Steps with fixes, in order; a window that was cut is read on from the step that was not whole. */
async function* readSteps(
  config: ReplayConfig,
  deps: ReplayDeps,
  request: ReplayRequest,
  signal: AbortSignal,
): AsyncGenerator<{ readonly step: number; readonly fixes: readonly ReplayFix[] }> {
  const { from, to, stepMs, box, kinds } = request;
  const { windowFixesMax, heardMs } = config;
  const stepsTotal = Math.ceil((to - from) / stepMs);
  let first = 0;
  let steps = STEPS_FIRST;
  while (first < stepsTotal) {
    const start = from + first * stepMs;
    const end = Math.min(to, start + steps * stepMs);
    const lookbackMs = first === 0 ? heardMs : 0;
    const window = { from: start, to: end, stepMs, lookbackMs, box, kinds, heardMs };
    const fixes = await deps.reader.ask(signal, (history) =>
      replayFixes(history, { ...window, fixesMax: windowFixesMax }),
    );
    const isCut = fixes.length === windowFixesMax;
    const cutStep = isCut ? (fixes.at(-1)?.step ?? 0) : Number.POSITIVE_INFINITY;
    if (cutStep === 0) throw tooMany(windowFixesMax);
    for (const group of grouped(fixes, cutStep)) {
      yield { step: first + group.step, fixes: group.fixes };
    }
    first += isCut ? cutStep : steps;
    steps = nextSteps(steps, isCut ? windowFixesMax : fixes.length, config.windowFixes);
    await turn();
  }
}

/** As many steps as would have had the fixes that are meant to be, at most four times as many. */
function nextSteps(steps: number, fixes: number, wanted: number): number {
  const factor = Math.min(4, Math.max(1 / 8, wanted / Math.max(1, fixes)));
  return Math.max(1, Math.floor(steps * factor));
}

function* grouped(
  fixes: readonly ReplayFix[],
  before: number,
): Generator<{ readonly step: number; readonly fixes: readonly ReplayFix[] }> {
  let start = 0;
  for (let at = 1; at <= fixes.length; at++) {
    const step = fixes[start]?.step ?? 0;
    if (at < fixes.length && fixes[at]?.step === step) continue;
    if (step < before) yield { step, fixes: fixes.slice(start, at) };
    start = at;
  }
}

function tooMany(fixes: number): Problem {
  return new Problem({
    status: 422,
    code: "history-limit",
    title: "The question takes too much",
    detail: `replay: the limit is ${fixes} assets in one step; ask for a smaller box or fewer kinds`,
  });
}

/** One frame after its length. Waits until the caller takes it; rejects when it left or is stuck. */
async function write(
  response: ServerResponse,
  frame: Uint8Array,
  signal: AbortSignal,
  stuckMsMax: number,
): Promise<void> {
  signal.throwIfAborted();
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, frame.length, true);
  response.write(length);
  if (response.write(frame)) return;
  const stuck = AbortSignal.any([signal, AbortSignal.timeout(stuckMsMax)]);
  try {
    await once(response, "drain", { signal: stuck });
  } catch (error) {
    response.destroy();
    throw error;
  }
}
