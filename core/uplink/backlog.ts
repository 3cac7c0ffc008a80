// What an uplink sends from, as a port: the outbox, as one region sees it.

import type { Lane } from "../model/ingest.ts";
import type { Batch } from "./batch.ts";

export interface TakeLimits {
  readonly reports: number;
  readonly bytes: number;
}

export interface Backlog {
  /**
   * A batch that nobody else has taken, or undefined when the lane has none. `live` gives the newest
   * of what came lately, `backfill` the oldest of all else. It stays taken until it, or each part of
   * it, is acknowledged or released.
   */
  take(lane: Lane, limits: TakeLimits): Promise<Batch | undefined>;
  /** The region has made it durable; it is never sent there again. */
  acknowledge(batch: Batch): void;
  /** It was not sent, or nobody knows whether it arrived. */
  release(batch: Batch): void;
  /**
   * The region will never take it: it is not sent there again, and the loss is written down. False
   * for an epoch that still grows: all that is to come would be lost too, so nothing is done.
   */
  giveUp(batch: Batch, reason: string): boolean;
  hasPending(lane: Lane): boolean;
  /** Calls the listener when there may be something new to take. Gives what ends that. */
  onNews(listener: () => void): () => void;
}
