// Fixes of history as frames of the live feed, step by step; docs/live-protocol.md "Replay".

import { randomUUID } from "node:crypto";
import type { ReplayFix } from "@drover/core/history/queries/replay";
import { createFrameWriter, encodeHello } from "@drover/core/model/live-wire-writer";

export interface ReplayFrames {
  /** The first frame. */
  hello(nowMs: number): Uint8Array;
  /** The frames of one step, its end being `endMs`. Bound: as many as the step's fixes need. */
  step(endMs: number, fixes: readonly ReplayFix[]): readonly Uint8Array[];
  /** The last frame. */
  end(toMs: number): Uint8Array;
}

interface Known {
  readonly number: number;
  heardAt: number;
  label: string;
}

const FRAME_BYTES_MAX = 256 * 1024;
/** Silent assets are looked for once in so much of the replayed time. */
const SWEEP_MS = 30_000;

/** An asset is shown from its first fix inside until it leaves, or is silent for `heardMs`. */
export function createReplayFrames(config: {
  readonly fromMs: number;
  readonly heardMs: number;
}): ReplayFrames {
  return new StepFrames(config.fromMs, config.heardMs);
}

class StepFrames implements ReplayFrames {
  readonly #fromMs: number;
  readonly #heardMs: number;
  readonly #writer = createFrameWriter({ bytesMax: FRAME_BYTES_MAX });
  readonly #shown = new Map<string, Known>();
  #lastNumber = -1;
  #sweptMs: number;
  #endMs: number;
  /** Until the first step is whole, which is the keyframe. */
  #isKeyframe = true;
  #made: Uint8Array[] = [];

  constructor(fromMs: number, heardMs: number) {
    this.#fromMs = fromMs;
    this.#heardMs = heardMs;
    this.#sweptMs = fromMs;
    this.#endMs = fromMs;
  }

  hello(nowMs: number): Uint8Array {
    return encodeHello({ session: randomUUID(), resume: "", serverMs: nowMs });
  }

  step(endMs: number, fixes: readonly ReplayFix[]): readonly Uint8Array[] {
    this.#made = [];
    this.#endMs = endMs;
    this.#begin();
    this.#sweep();
    for (const fix of fixes) this.#tell(fix);
    this.#finish(true);
    this.#isKeyframe = false;
    return this.#made;
  }

  end(toMs: number): Uint8Array {
    this.#writer.begin({ sentAt: toMs, baseMs: this.#fromMs });
    return this.#writer.finish({ type: "delta", version: 0 });
  }

  #begin(): void {
    this.#writer.begin({ sentAt: this.#endMs, baseMs: this.#fromMs });
  }

  #finish(isLast: boolean): void {
    const type = this.#isKeyframe ? "keyframe" : "delta";
    const isFirst = this.#isKeyframe && this.#made.length === 0;
    const parts = { isFirst, isLast: this.#isKeyframe && isLast };
    this.#made.push(this.#writer.finish({ type, ...parts, version: 0 }));
  }

  #makeRoom(): void {
    if (this.#writer.hasRoom()) return;
    this.#finish(false);
    this.#begin();
  }

  #tell(fix: ReplayFix): void {
    const known = this.#shown.get(fix.asset);
    if (!fix.isInside) {
      if (known) this.#remove(fix.asset, known);
      return;
    }
    this.#makeRoom();
    const now = known ?? { number: ++this.#lastNumber, heardAt: fix.at, label: "" };
    if (!known || (fix.label !== "" && fix.label !== known.label)) {
      now.label = fix.label;
      this.#writer.introduce(now.number, fix.asset, fix.label);
    }
    now.heardAt = fix.at;
    this.#shown.set(fix.asset, now);
    this.#writer.update(now.number, { ...fix, positionAt: fix.at, isSuspect: false });
  }

  #remove(asset: string, { number }: Known): void {
    this.#makeRoom();
    this.#writer.remove(number);
    this.#shown.delete(asset);
  }

  #sweep(): void {
    if (this.#endMs - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = this.#endMs;
    for (const [asset, known] of this.#shown) {
      if (this.#endMs - known.heardAt > this.#heardMs) this.#remove(asset, known);
    }
  }
}
