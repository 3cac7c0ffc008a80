// The binary feed of all clients: what changed on the board is looked at once a turn for all of them, and
// each gets one frame at most in its own time. Bound: one frame under way to a client; what changes
// meanwhile waits as a mark in its queue (keep-latest).

import { randomUUID } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { liveLimits } from "@drover/core/model/live-messages";
import { createFrameWriter, encodeHello } from "@drover/core/model/live-wire-writer";
import type { Clock } from "@drover/core/service/clock";
import type { Board, Slot } from "./board.ts";
import { createMoverClient, type MoverClient } from "./mover-client.ts";
import type { Subscription } from "./subscription.ts";
import { createWireShelf } from "./wire-shelf.ts";

/** Where a client's frames go. */
export interface FrameSink {
  /** Whether everything before has been taken. */
  isReady(): boolean;
  /** A hello: small, and sent whether the client is ready or not. */
  greet(frame: Uint8Array): void;
  send(frame: Uint8Array): void;
}

export interface LiveMember {
  /** Replaces what is wanted; at most one a turn is looked at, the newest. */
  subscribe(subscription: Subscription): void;
  leave(): void;
}

export interface LiveCounts {
  readonly frames: number;
  readonly bytes: number;
  /** Turns at which a client had not taken the frame before. */
  readonly skipped: number;
}

export interface LiveHub {
  join(sink: FrameSink): LiveMember;
  /** Tells clients what changed until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  counts(): LiveCounts;
}

export interface HubDeps {
  readonly board: Board;
  readonly clock: Clock;
}

const TURN_MS = liveLimits.everyMs.min;
/** Others are served between two clients when this was spent. */
const WORK_MS_MAX = 8;
const FRAME_BYTES_MAX = 1024 * 1024;
/** A client that is told nothing for so long gets an empty frame: it sees that the feed lives. */
const QUIET_MS_MAX = 5_000;
/** Everything that a client knows is said again in this time, a part with each frame. */
const REPEAT_MS = 30_000;

export function createLiveHub(deps: HubDeps): LiveHub {
  return new Hub(deps);
}

interface Member {
  readonly sink: FrameSink;
  client: MoverClient | undefined;
  subscription: Subscription | undefined;
  /** Asked for and not yet looked at. */
  wanted: Subscription | undefined;
  lookedMs: number;
  dueMs: number;
  /** Delays the second frame: clients that come together are not served together for ever. */
  phaseMs: number;
  sentMs: number;
  /** Bytes that may be sent now, and when that was reckoned. */
  allowedBytes: number;
  reckonedMs: number;
}

class Hub implements LiveHub {
  readonly #deps: HubDeps;
  readonly #session = randomUUID();
  readonly #shelf;
  readonly #writer = createFrameWriter({ bytesMax: FRAME_BYTES_MAX });
  readonly #members = new Set<Member>();
  readonly #counts = { frames: 0, bytes: 0, skipped: 0 };
  /** Of the board; all clients have heard of what changed up to it. */
  #version: number;
  #joined = 0;

  constructor(deps: HubDeps) {
    this.#deps = deps;
    this.#shelf = createWireShelf({ baseMs: deps.clock.now() });
    this.#version = deps.board.version();
  }

  counts(): LiveCounts {
    return { ...this.#counts };
  }

  join(sink: FrameSink): LiveMember {
    const nowMs = this.#deps.clock.monotonicMs();
    const member: Member = {
      sink,
      client: undefined,
      subscription: undefined,
      wanted: undefined,
      lookedMs: Number.NEGATIVE_INFINITY,
      dueMs: nowMs,
      phaseMs: (this.#joined++ % 4) * TURN_MS,
      sentMs: nowMs,
      allowedBytes: 0,
      reckonedMs: nowMs,
    };
    this.#members.add(member);
    return {
      subscribe: (subscription) => {
        member.wanted = subscription;
        // Wishes that follow one another closely wait for the turn, and only the last is looked at.
        if (this.#deps.clock.monotonicMs() - member.lookedMs < TURN_MS) return;
        this.#sync();
        this.#look(member);
        this.#serve(member);
      },
      leave: () => this.#members.delete(member),
    };
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    let nextMs = clock.monotonicMs();
    while (!signal.aborted) {
      nextMs = Math.max(nextMs + TURN_MS, clock.monotonicMs());
      await clock.sleep(nextMs - clock.monotonicMs(), signal).catch(() => {});
      if (!signal.aborted) await this.#turn();
    }
  }

  async #turn(): Promise<void> {
    const { clock } = this.#deps;
    this.#sync();
    let startMs = clock.monotonicMs();
    for (const member of this.#members) {
      if (member.wanted) this.#look(member);
      if (clock.monotonicMs() >= member.dueMs) this.#serve(member);
      if (clock.monotonicMs() - startMs < WORK_MS_MAX) continue;
      await turn();
      // What happened meanwhile is noted before anything is told of it.
      this.#sync();
      startMs = clock.monotonicMs();
    }
  }

  /** Lets every client know what changed since the last time. */
  #sync(): void {
    const { board } = this.#deps;
    if (board.version() === this.#version) return;
    const removed = board.removedSince(this.#version);
    const changed: Slot[] = [];
    const relabelled: number[] = [];
    board.eachChangedSince(this.#version, (slot) => {
      changed.push(slot);
      if (this.#shelf.hasNewLabel(slot)) relabelled.push(slot.number);
    });
    this.#version = board.version();
    for (const member of this.#members) {
      if (!member.client || !member.subscription) continue;
      if (removed === undefined) {
        this.#restart(member, member.subscription);
        continue;
      }
      if (removed.length > 0) member.client.forget(removed);
      for (const number of relabelled) member.client.noteLabel(number);
      for (const slot of changed) member.client.noteChanged(slot);
    }
  }

  /** Turns what a client wants into what waits for it. */
  #look(member: Member): void {
    const { wanted } = member;
    if (!wanted) return;
    member.wanted = undefined;
    member.lookedMs = this.#deps.clock.monotonicMs();
    const resume = `${this.#session}.${wanted.filterHash}`;
    member.sink.greet(
      encodeHello({ session: this.#session, resume, serverMs: this.#deps.clock.now() }),
    );
    const isFirst = member.subscription === undefined;
    member.subscription = wanted;
    if (isFirst) {
      member.allowedBytes = allowanceMax(wanted);
      const version = wanted.resume?.token === resume ? wanted.resume.version : undefined;
      this.#restart(member, wanted, version === 0 ? undefined : version);
    } else member.client?.change(wanted);
    member.dueMs = Math.min(member.dueMs, member.lookedMs);
  }

  #restart(member: Member, subscription: Subscription, resumeVersion?: number): void {
    member.client = createMoverClient({
      board: this.#deps.board,
      shelf: this.#shelf,
      writer: this.#writer,
    });
    member.client.begin(subscription, resumeVersion);
  }

  /** One frame, when the client took the one before and there is something to tell. */
  #serve(member: Member): void {
    const { sink, client, subscription } = member;
    if (!client || !subscription) return;
    const { clock } = this.#deps;
    const nowMs = clock.monotonicMs();
    if (!sink.isReady()) {
      this.#counts.skipped += 1;
      return;
    }
    const { everyMs, bytesPerSecond } = subscription;
    const earnedBytes = (bytesPerSecond * (nowMs - member.reckonedMs)) / 1_000;
    member.reckonedMs = nowMs;
    member.allowedBytes = Math.min(member.allowedBytes + earnedBytes, allowanceMax(subscription));
    if (client.waiting() === 0) client.repeatPart(Math.max(1, Math.floor(REPEAT_MS / everyMs)));
    const isEvenEmpty = nowMs - member.sentMs >= QUIET_MS_MAX;
    const bytesMax = member.allowedBytes;
    const frame = client.frame({ sentAt: clock.now(), bytesMax, isEvenEmpty });
    // What did not fit does not wait for the client's own time, only for its bytes.
    if (client.waiting() > 0) member.dueMs = nowMs;
    else {
      member.dueMs = Math.max(member.dueMs, nowMs - TURN_MS) + everyMs + member.phaseMs;
      member.phaseMs = 0;
    }
    if (!frame) return;
    member.allowedBytes -= frame.length;
    member.sentMs = nowMs;
    this.#counts.frames += 1;
    this.#counts.bytes += frame.length;
    sink.send(frame);
  }
}

/** What was not used is kept for one second, or for one tick where that is longer. */
function allowanceMax({ everyMs, bytesPerSecond }: Subscription): number {
  return (bytesPerSecond * Math.max(1_000, everyMs)) / 1_000;
}
