// Sends one region what its backlog holds, in two lanes, and forgets only what that region has
// acknowledged.
//
//   connecting → up ⇄ waiting (busy, unreachable, unanswered, unauthorized)
//
// `live` has slots of its own and goes first. `backfill` has as many as the receiver bears, and one
// while live reports wait. While waiting nothing goes but, after each wait, one small live batch: it
// finds out whether the way is free again, and puts the present there first.

import type { IngestAnswer, Lane } from "../model/ingest.ts";
import { createBackoff } from "../service/backoff.ts";
import type { Clock } from "../service/clock.ts";
import { createConcurrency } from "./adaptive-concurrency.ts";
import type { Backlog } from "./backlog.ts";
import { gapBatch, splitBatch, type Batch } from "./batch.ts";
import { createMeter } from "./meter.ts";
import type { Sender, SendResult, Timing } from "./sender.ts";

export interface UplinkConfig {
  readonly region: string;
  /** Reports and bytes of one request, before compression. */
  readonly batchReports: number;
  readonly batchBytes: number;
  /** Requests of the live lane at once. */
  readonly liveSlots: number;
  /** Most requests of the backfill lane at once. */
  readonly backfillSlotsMax: number;
  /** Bounds of the wait after a failure. */
  readonly backoffMs: { readonly min: number; readonly max: number };
  /** Longest wait while nobody is reached: trying costs little, and the link may be back. */
  readonly unreachableMsMax: number;
}

export type SendFailure = Exclude<SendResult, { kind: "acknowledged" }>;

export interface UplinkEvents {
  acknowledged(batch: Batch, answer: IngestAnswer, timing: Timing): void;
  failed(batch: Batch, failure: SendFailure): void;
  /** The region refuses this one line, whatever surrounds it; its number is given up. */
  gaveUp(batch: Batch, failure: SendFailure): void;
  stateChanged(state: UplinkState, detail: string): void;
}

export type UplinkState = "connecting" | "up" | SendFailure["kind"];

export interface UplinkDeps {
  readonly backlog: Backlog;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly events: UplinkEvents;
}

export interface UplinkStatus {
  readonly region: string;
  readonly state: UplinkState;
  readonly detail: string;
  /** Epoch ms of the last acknowledgement. */
  readonly lastAckAt: number | undefined;
  /** Reports acknowledged since the start, and a second, lately. */
  readonly acknowledged: number;
  readonly perSecond: number;
  readonly inFlight: Readonly<Record<Lane, number>>;
  readonly backfillSlots: number;
  readonly rttMs: number | undefined;
  /** How far the region's clock is ahead of ours, ms; good to half a second or better. */
  readonly clockAheadMs: number | undefined;
}

export interface Uplink {
  /** Sends until the signal aborts; resolves when the last request has ended. */
  run(signal: AbortSignal): Promise<void>;
  status(): UplinkStatus;
}

/** Reports of the batch that finds out whether a region is back. */
const PROBE_REPORTS = 100;
/** Wait before a lane is asked again that promised a batch and had none (a read that failed). */
const UNREADABLE_MS = 250;
const LANES: readonly Lane[] = ["live", "backfill"];

export function createUplink(config: UplinkConfig, deps: UplinkDeps): Uplink {
  const { backlog, clock, events, sender } = deps;
  const concurrency = createConcurrency({ limitMax: config.backfillSlotsMax });
  const backoff = createBackoff({ minMs: config.backoffMs.min, maxMs: config.backoffMs.max }, deps);
  const meter = createMeter(clock);
  const inFlight: Record<Lane, number> = { live: 0, backfill: 0 };
  let state: UplinkState = "connecting";
  let detail = "";
  let heldUntilMs = -Infinity;
  let wake = Promise.withResolvers<void>();

  const isHeld = () => clock.monotonicMs() < heldUntilMs;

  function become(next: UplinkState, why: string): void {
    const isChange = state !== next;
    state = next;
    detail = why;
    if (isChange) events.stateChanged(next, why);
  }

  /** One failure for all requests that were on their way together. */
  function hold(failure: SendFailure): void {
    concurrency.overloaded();
    become(failure.kind, "detail" in failure ? failure.detail : failure.kind);
    if (isHeld()) return;
    heldUntilMs = clock.monotonicMs() + waitAfter(failure);
  }

  function waitAfter(failure: SendFailure): number {
    const drawnMs = backoff.nextDelayMs();
    const { max } = config.backoffMs;
    switch (failure.kind) {
      case "unreachable":
        return Math.min(drawnMs, clock.random() * config.unreachableMsMax);
      case "busy":
        return failure.retryAfterMs === undefined
          ? drawnMs
          : Math.min(max, failure.retryAfterMs) + clock.random() * config.backoffMs.min;
      case "unauthorized":
        return max * (0.5 + clock.random() / 2);
      case "unanswered":
      case "too-large":
      case "refused":
        return drawnMs;
    }
  }

  /** Sends a batch, in parts where that is asked for; false when the region cannot go on now. */
  async function deliver(batch: Batch, signal: AbortSignal): Promise<boolean> {
    const inFlightThen = inFlight[batch.lane];
    const result = await sender.send(batch, signal);
    switch (result.kind) {
      case "acknowledged":
        backlog.acknowledge(batch);
        meter.note(batch.reports, result.timing);
        events.acknowledged(batch, result.answer, result.timing);
        if (batch.lane === "backfill") concurrency.succeeded(result.timing.rttMs, inFlightThen);
        if (isHeld()) return true;
        backoff.reset();
        become("up", "");
        return true;
      case "too-large":
      case "refused":
        events.failed(batch, result);
        return deliverParts(batch, result, signal);
      case "unreachable":
      case "busy":
      case "unanswered":
      case "unauthorized":
        events.failed(batch, result);
        backlog.release(batch);
        hold(result);
        return false;
    }
  }

  /**
   * Looks for the line that a region refuses, so that one line cannot stop all behind it. A single
   * line is given up only if the region takes the gap in its place: one that refuses everything
   * (a wrong address, a broken proxy) costs nothing but waiting.
   */
  async function deliverParts(
    batch: Batch,
    failure: SendFailure,
    signal: AbortSignal,
  ): Promise<boolean> {
    const parts = splitBatch(batch);
    if (parts !== undefined) {
      const [head, tail] = parts;
      const isDelivered = await deliver(head, signal);
      if (isDelivered) return deliver(tail, signal);
      backlog.release(tail);
      return false;
    }
    if (batch.reports === 0) {
      backlog.release(batch);
      hold(failure);
      return false;
    }
    const isToldGap = await deliver(gapBatch(batch, failure.kind), signal);
    if (isToldGap) events.gaveUp(batch, failure);
    return isToldGap;
  }

  function start(batch: Batch, signal: AbortSignal): void {
    inFlight[batch.lane] += 1;
    const done = deliver(batch, signal).catch(() => backlog.release(batch));
    void done.finally(() => {
      inFlight[batch.lane] -= 1;
      wake.resolve();
    });
  }

  function nextLane(): Lane | undefined {
    const isProbing = state !== "up";
    if (isProbing && inFlight.live + inFlight.backfill > 0) return undefined;
    const hasLive = backlog.hasPending("live");
    if (hasLive && inFlight.live < config.liveSlots) return "live";
    const slots = hasLive ? 1 : concurrency.limit();
    if (inFlight.backfill < slots && backlog.hasPending("backfill")) return "backfill";
    return undefined;
  }

  /** Starts all that may start now. Gives how long to wait when nothing happens, ms. */
  async function pump(signal: AbortSignal): Promise<number | undefined> {
    while (!signal.aborted) {
      if (isHeld()) return heldUntilMs - clock.monotonicMs();
      const lane = nextLane();
      if (lane === undefined) return undefined;
      const reports = state === "up" ? config.batchReports : PROBE_REPORTS;
      const batch = await backlog.take(lane, { reports, bytes: config.batchBytes });
      if (batch === undefined) {
        if (backlog.hasPending(lane)) return UNREADABLE_MS;
        continue;
      }
      start(batch, signal);
    }
    return undefined;
  }

  return {
    async run(signal) {
      const forget = backlog.onNews(() => wake.resolve());
      const stop = () => wake.resolve();
      signal.addEventListener("abort", stop);
      while (!signal.aborted) {
        wake = Promise.withResolvers();
        const waitMs = await pump(signal);
        await Promise.race([wake.promise, waitMs === undefined ? never : sleepUntil(waitMs)]);
      }
      forget();
      signal.removeEventListener("abort", stop);
      while (LANES.some((lane) => inFlight[lane] > 0)) {
        wake = Promise.withResolvers();
        await wake.promise;
      }
    },
    status: () => ({
      region: config.region,
      state,
      detail,
      ...meter.read(),
      inFlight: { ...inFlight },
      backfillSlots: concurrency.limit(),
    }),
  };

  function sleepUntil(waitMs: number): Promise<void> {
    return clock.sleep(waitMs);
  }
}

const never = new Promise<never>(() => {});
