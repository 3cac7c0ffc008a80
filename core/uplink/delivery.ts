import { epochForgotten, type IngestAnswer } from "../model/ingest.ts";
import type { Backlog } from "./backlog.ts";
import { gapBatch, splitBatch, type Batch } from "./batch.ts";
import type { Gate, SendFailure } from "./gate.ts";
import type { Sender, Timing } from "./sender.ts";

export interface DeliveryEvents {
  acknowledged(batch: Batch, answer: IngestAnswer, timing: Timing): void;
  failed(batch: Batch, failure: SendFailure): void;
  /**
   * The region refuses one line, whatever surrounds it, or will never take a batch's epoch again: the
   * numbers are given up.
   */
  gaveUp(batch: Batch, failure: SendFailure): void;
}

export interface DeliveryDeps {
  readonly backlog: Backlog;
  readonly sender: Sender;
  readonly gate: Gate;
  readonly events: DeliveryEvents;
}

/**
 * Sends a batch, in parts where the region asks for that, and settles with the backlog what became
 * of it. False when the region cannot go on now.
 */
export async function deliver(batch: Batch, deps: DeliveryDeps): Promise<boolean> {
  const { backlog, events, gate } = deps;
  const result = await deps.sender.send(batch);
  switch (result.kind) {
    case "acknowledged":
      backlog.acknowledge(batch);
      gate.open();
      events.acknowledged(batch, result.answer, result.timing);
      return true;
    case "forgotten":
      // Sent under other numbers it could count twice: what was taken of this epoch is not known.
      events.failed(batch, result);
      if (!backlog.giveUp(batch, epochForgotten)) {
        backlog.release(batch);
        gate.hold(result);
        return false;
      }
      gate.open();
      events.gaveUp(batch, result);
      return true;
    case "too-large":
    case "refused":
      events.failed(batch, result);
      return deliverParts(batch, result, deps);
    case "conflict":
    case "unreachable":
    case "busy":
    case "unanswered":
    case "unauthorized":
      events.failed(batch, result);
      backlog.release(batch);
      gate.hold(result);
      return false;
  }
}

/**
 * Looks for the line that a region refuses, so that one line cannot stop all behind it. A single
 * line is given up only if the region takes the gap in its place: one that refuses everything (a
 * wrong address, a broken proxy) costs nothing but waiting.
 */
async function deliverParts(
  batch: Batch,
  failure: SendFailure,
  deps: DeliveryDeps,
): Promise<boolean> {
  const parts = splitBatch(batch);
  if (parts !== undefined) {
    const [head, tail] = parts;
    if (await deliver(head, deps)) return deliver(tail, deps);
    deps.backlog.release(tail);
    return false;
  }
  if (batch.reports === 0) {
    deps.backlog.release(batch);
    deps.gate.hold(failure);
    return false;
  }
  const isGapTaken = await deliver(gapBatch(batch, failure.kind), deps);
  if (isGapTaken) deps.events.gaveUp(batch, failure);
  return isGapTaken;
}
