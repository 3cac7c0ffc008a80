// One client of the binary feed: which assets it was shown, which wait for it, and its frames. No
// transport and no clock, so that every path of it can be tested.
//
// An asset is, to a client: unknown; waiting (in the queue, once); known (shown, and not removed since).
// A change puts it into the queue when it is known or matches; taken out of the queue it is told as it is
// then, or removed when it no longer matches. What a client does not take waits there: nothing else grows.

import type { FrameWriter } from "@drover/core/model/live-wire-writer";
import { matches, type Board, type Slot } from "./board.ts";
import { createNumberQueue } from "./number-queue.ts";
import type { Subscription } from "./subscription.ts";
import type { WireShelf } from "./wire-shelf.ts";

export interface MoverClient {
  /** Begins with everything that matches, or with what changed since `resume` when that is known. */
  begin(subscription: Subscription, resumeVersion: number | undefined): void;
  /** Wants other assets from now on: what differs is told, the rest stands. */
  change(subscription: Subscription): void;
  /** These numbers stand for nothing any more, or for another asset. */
  forget(numbers: readonly number[]): void;
  noteChanged(slot: Slot): void;
  /** Its label is another: it is introduced again. */
  noteLabel(number: number): void;
  /** Repeats a part of what was shown: one call in `parts` is a whole keyframe. */
  repeatPart(parts: number): void;
  /**
   * Writes what waits, the longest waiting first, up to `bytesMax` and a little more; gives the frame, or
   * undefined when nothing is to be told.
   */
  frame(wanted: WantedFrame): Uint8Array | undefined;
  waiting(): number;
}

export interface WantedFrame {
  /** Epoch ms. */
  readonly sentAt: number;
  readonly bytesMax: number;
  /** A frame in any case. */
  readonly isEvenEmpty?: boolean;
}

export interface MoverClientDeps {
  readonly board: Board;
  readonly shelf: WireShelf;
  readonly writer: FrameWriter;
}

/** A client that is known to want nothing yet. */
export function createMoverClient(deps: MoverClientDeps): MoverClient {
  return new TrackedClient(deps);
}

const known = 1;
const introduced = 2;
const waiting = 4;

class TrackedClient implements MoverClient {
  readonly #deps: MoverClientDeps;
  /** By number: bits of the above. */
  #marks = new Uint8Array(0);
  readonly #queue = createNumberQueue();
  #removals: number[] = [];
  #filter: Subscription["filter"] = {};
  /** Everything that changed up to here has been told. */
  #version = 0;
  /** Of a keyframe under way: how many of those that wait belong to it. */
  #keyframeLeft = 0;
  #isKeyframe = false;
  #isFirst = false;
  #repeatAt = 0;
  /** Numbers that are to be repeated, with the fraction that is left over. */
  #repeatDue = 0;

  constructor(deps: MoverClientDeps) {
    this.#deps = deps;
  }

  begin(subscription: Subscription, resumeVersion: number | undefined): void {
    const { board } = this.#deps;
    this.#filter = subscription.filter;
    const removed = resumeVersion === undefined ? undefined : board.removedSince(resumeVersion);
    if (resumeVersion === undefined || removed === undefined) {
      this.#isKeyframe = true;
      this.#isFirst = true;
      board.each((slot) => this.noteChanged(slot));
      this.#keyframeLeft = this.#queue.length();
      return;
    }
    this.#version = resumeVersion;
    for (const number of new Set(removed)) this.#removals.push(number);
    board.each((slot) => this.#resumeSlot(slot, resumeVersion));
  }

  change(subscription: Subscription): void {
    this.#filter = subscription.filter;
    // Of what this filter shows, nothing is known to be complete.
    this.#version = 0;
    this.#deps.board.each((slot) => {
      const isKnown = (this.#markOf(slot.number) & known) !== 0;
      if (isKnown !== matches(slot.state, this.#filter)) this.#wait(slot.number);
    });
  }

  forget(numbers: readonly number[]): void {
    for (const number of numbers) {
      const mark = this.#markOf(number);
      if ((mark & known) !== 0) this.#removals.push(number);
      this.#set(number, mark & waiting);
    }
  }

  noteChanged({ number, state }: Slot): void {
    const mark = this.#markOf(number);
    if ((mark & waiting) !== 0) return;
    if ((mark & known) !== 0 || matches(state, this.#filter)) this.#wait(number);
  }

  noteLabel(number: number): void {
    this.#set(number, this.#markOf(number) & ~introduced);
  }

  repeatPart(parts: number): void {
    const numbers = this.#deps.board.numbers();
    this.#repeatDue += numbers / parts;
    for (; this.#repeatDue >= 1; this.#repeatDue -= 1) {
      if (this.#repeatAt >= numbers) this.#repeatAt = 0;
      const number = this.#repeatAt++;
      const mark = this.#markOf(number);
      if ((mark & known) === 0) continue;
      this.#set(number, mark & ~introduced);
      this.#wait(number);
    }
  }

  frame({ sentAt, bytesMax, isEvenEmpty = false }: WantedFrame): Uint8Array | undefined {
    const { writer, shelf, board } = this.#deps;
    writer.begin({ sentAt, baseMs: shelf.baseMs });
    const emptyBytes = writer.sizeBytes();
    const hasRoom = () => writer.sizeBytes() < bytesMax && writer.hasRoom();
    while (this.#removals.length > 0 && hasRoom()) writer.remove(this.#removals.pop() ?? 0);
    // A number that is to be removed may stand for another asset already: removals go before.
    if (this.#removals.length === 0) while (this.#queue.length() > 0 && hasRoom()) this.#tellNext();
    const isLast = this.#isKeyframe && this.#keyframeLeft === 0 && this.#removals.length === 0;
    if (writer.sizeBytes() === emptyBytes && !isLast && !isEvenEmpty) return undefined;
    const isAll = this.#queue.length() === 0 && this.#removals.length === 0;
    if (isAll) this.#version = board.version();
    const type = this.#isKeyframe ? "keyframe" : "delta";
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (isLast) this.#isKeyframe = false;
    return writer.finish({ type, isFirst, isLast, version: this.#version });
  }

  waiting(): number {
    return this.#queue.length() + this.#removals.length;
  }

  /** What a client that was away has of an asset is what was there at `version`. */
  #resumeSlot(slot: Slot, version: number): void {
    const { number } = slot;
    if (slot.version > version) {
      // Whether it was shown is not known here; a removal of what was not shown is no harm.
      this.#set(number, known);
      this.#wait(number);
    } else if (matches(slot.state, this.#filter)) this.#set(number, known | introduced);
  }

  #tellNext(): void {
    const { writer, shelf, board } = this.#deps;
    const number = this.#queue.shift() ?? 0;
    if (this.#keyframeLeft > 0) this.#keyframeLeft -= 1;
    const mark = this.#markOf(number);
    const slot = board.slotAt(number);
    if (!slot || !matches(slot.state, this.#filter)) {
      if ((mark & known) !== 0) writer.remove(number);
      this.#set(number, 0);
      return;
    }
    if ((mark & introduced) === 0) writer.introduce(number, slot.state.asset, shelf.labelOf(slot));
    shelf.copyTo(writer, slot);
    this.#set(number, known | introduced);
  }

  #wait(number: number): void {
    const mark = this.#markOf(number);
    if ((mark & waiting) !== 0) return;
    this.#set(number, mark | waiting);
    this.#queue.push(number);
  }

  #markOf(number: number): number {
    return this.#marks[number] ?? 0;
  }

  #set(number: number, mark: number): void {
    if (number >= this.#marks.length) {
      const larger = new Uint8Array(Math.max(256, 2 ** Math.ceil(Math.log2(number + 1))));
      larger.set(this.#marks);
      this.#marks = larger;
    }
    this.#marks[number] = mark;
  }
}
