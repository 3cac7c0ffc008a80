// Sends one region what its backlog holds, in two lanes, and forgets only what that region has
// acknowledged.
//
//   connecting → up ⇄ busy | conflict | unreachable | unanswered | unauthorized | refused
//
// `live` has slots of its own and goes first. `backfill` has as many as the receiver bears, and one
// while live reports wait. After a failure nothing goes until a wait is over, and then one small
// batch alone, live if there is any: it finds out whether the way is free again, and puts the present
// there first.

import type { Lane } from "../model/ingest.ts";
import type { Clock } from "../service/clock.ts";
import { createConcurrency } from "./adaptive-concurrency.ts";
import type { Backlog } from "./backlog.ts";
import type { Batch } from "./batch.ts";
import { deliver, type DeliveryEvents } from "./delivery.ts";
import { createGate, type Gate, type GateConfig, type UplinkState } from "./gate.ts";
import { createMeter } from "./meter.ts";
import type { Sender, SendResult } from "./sender.ts";

export interface UplinkConfig extends GateConfig {
  readonly region: string;
  /** Reports and bytes of one request, before compression. */
  readonly batchReports: number;
  readonly batchBytes: number;
  /** Requests of the live lane at once. */
  readonly liveSlots: number;
  /** Most requests of the backfill lane at once. */
  readonly backfillSlotsMax: number;
  /** Longest time without a request, ms; then a greeting goes, so that a quiet edge is not missed. */
  readonly idleMs: number;
}

export interface UplinkEvents extends DeliveryEvents {
  stateChanged(state: UplinkState, detail: string): void;
}

export interface UplinkDeps {
  readonly backlog: Backlog;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly events: UplinkEvents;
  /** Sends a request without lines. Absent: this sender says nothing when it has nothing. */
  readonly greet?: (signal: AbortSignal) => Promise<SendResult>;
}

export interface UplinkStatus {
  readonly region: string;
  readonly state: UplinkState;
  /** Why, when it is not `up`. */
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

export function createUplink(config: UplinkConfig, deps: UplinkDeps): Uplink {
  return new RegionUplink(config, deps);
}

class RegionUplink implements Uplink {
  readonly #config: UplinkConfig;
  readonly #deps: UplinkDeps;
  readonly #gate: Gate;
  readonly #meter;
  readonly #concurrency;
  readonly #inFlight: Record<Lane, number> = { live: 0, backfill: 0 };
  #conflictLane: Lane | undefined;
  #greeting: Promise<void> | undefined;
  #askedMs: number;
  #wake = Promise.withResolvers<void>();

  constructor(config: UplinkConfig, deps: UplinkDeps) {
    this.#config = config;
    this.#deps = deps;
    const { clock, events } = deps;
    const onChange = (state: UplinkState, detail: string) => events.stateChanged(state, detail);
    this.#gate = createGate(config, { clock, onChange });
    this.#meter = createMeter(clock);
    this.#concurrency = createConcurrency({ limitMax: config.backfillSlotsMax });
    this.#askedMs = clock.monotonicMs();
  }

  status(): UplinkStatus {
    return {
      region: this.#config.region,
      state: this.#gate.state(),
      detail: this.#gate.detail(),
      ...this.#meter.read(),
      inFlight: { ...this.#inFlight },
      backfillSlots: this.#concurrency.limit(),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    const wake = () => this.#wake.resolve();
    const forget = this.#deps.backlog.onNews(wake);
    signal.addEventListener("abort", wake);
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers();
      const waitMs = await this.#pump(signal);
      await this.#waitForNews(waitMs);
    }
    forget();
    signal.removeEventListener("abort", wake);
    while (this.#requests() > 0) {
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
    await this.#greeting;
  }

  async #waitForNews(waitMs: number | undefined): Promise<void> {
    if (waitMs === undefined) return this.#wake.promise;
    const woken = new AbortController();
    const sleep = this.#deps.clock.sleep(waitMs, woken.signal).catch(() => {});
    await Promise.race([this.#wake.promise, sleep]);
    woken.abort();
  }

  /** Starts all that may start now. Gives how long to wait when nothing happens, ms. */
  async #pump(signal: AbortSignal): Promise<number | undefined> {
    const { backlog } = this.#deps;
    const { batchReports, batchBytes } = this.#config;
    while (!signal.aborted) {
      const heldMs = this.#gate.heldMs();
      if (heldMs > 0) return heldMs;
      const lane = this.#nextLane();
      if (lane === undefined) return this.#greetWhenIdle(signal);
      const reports = this.#gate.state() === "up" ? batchReports : PROBE_REPORTS;
      const batch = await backlog.take(lane, { reports, bytes: batchBytes });
      if (batch !== undefined) this.#start(batch);
      else if (backlog.hasPending(lane)) return UNREADABLE_MS;
    }
    return undefined;
  }

  /** Gives how long until a greeting is due, ms; undefined while requests are on their way. */
  #greetWhenIdle(signal: AbortSignal): number | undefined {
    const { greet, clock } = this.#deps;
    if (greet === undefined || this.#greeting !== undefined || this.#requests() > 0)
      return undefined;
    const leftMs = this.#askedMs + this.#config.idleMs - clock.monotonicMs();
    if (leftMs > 0) return leftMs;
    this.#askedMs = clock.monotonicMs();
    // It takes no slot: what comes in meanwhile does not wait for it.
    this.#greeting = greet(signal)
      .then((result) => {
        if (result.kind !== "acknowledged") return this.#gate.hold(result);
        this.#meter.note(0, result.timing);
        this.#gate.open();
      })
      .catch(() => {})
      .finally(() => {
        this.#greeting = undefined;
        this.#wake.resolve();
      });
    return undefined;
  }

  #nextLane(): Lane | undefined {
    const { backlog } = this.#deps;
    if (this.#gate.state() !== "up" && this.#requests() > 0) return undefined;
    const hasLive = backlog.hasPending("live");
    // Live batches leave holes in the numbers; a region that takes no more of them takes old ones.
    const isOldWanted = this.#gate.state() === "conflict" && this.#conflictLane === "live";
    if (isOldWanted && backlog.hasPending("backfill")) return "backfill";
    if (hasLive && this.#inFlight.live < this.#config.liveSlots) return "live";
    const slots = hasLive ? 1 : this.#concurrency.limit();
    const mayBackfill = this.#inFlight.backfill < slots && backlog.hasPending("backfill");
    return mayBackfill ? "backfill" : undefined;
  }

  #start(batch: Batch): void {
    const { lane } = batch;
    this.#inFlight[lane] += 1;
    this.#askedMs = this.#deps.clock.monotonicMs();
    const events = this.#watch(lane, this.#inFlight[lane]);
    void deliver(batch, { ...this.#deps, gate: this.#gate, events })
      .catch((error: unknown) => {
        this.#deps.backlog.release(batch);
        events.failed(batch, { kind: "unanswered", detail: String(error) });
      })
      .finally(() => {
        this.#inFlight[lane] -= 1;
        this.#wake.resolve();
      });
  }

  /** What the uplink learns from a request, before others hear of it. */
  #watch(lane: Lane, inFlightThen: number): DeliveryEvents {
    const { events } = this.#deps;
    return {
      acknowledged: (batch, answer, timing) => {
        this.#meter.note(batch.reports, timing);
        if (lane === "backfill") this.#concurrency.succeeded(timing.rttMs, inFlightThen);
        events.acknowledged(batch, answer, timing);
      },
      failed: (batch, failure) => {
        if (failure.kind === "conflict") this.#conflictLane = lane;
        if (failure.kind === "busy" || failure.kind === "unanswered")
          this.#concurrency.overloaded();
        events.failed(batch, failure);
      },
      gaveUp: (batch, failure) => events.gaveUp(batch, failure),
    };
  }

  #requests(): number {
    return this.#inFlight.live + this.#inFlight.backfill;
  }
}
