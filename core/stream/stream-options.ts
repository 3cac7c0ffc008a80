// What both adapters can be told; a knob that is not here is a constant.

import type { Clock } from "../service/clock.ts";

export interface StreamOptions {
  /** Partitions of reports; fixed when the log is made. */
  readonly partitions?: number;
  /** A member that does not renew for so long has lost its leases. */
  readonly leaseMs?: number;
  /** How often members renew. */
  readonly heartbeatMs?: number;
  /** Bytes held by the log; at the bound appends are rejected. */
  readonly sizeBytesMax?: number;
  /** Bytes of appends that wait for a commit in this process; further ones are rejected. */
  readonly queuedBytesMax?: number;
  /** How long an append waits for its turn to write before it is rejected. */
  readonly lockWaitMs?: number;
  /** Holes of one (edge, epoch); a batch that would leave more is rejected. */
  readonly gapsMax?: number;
  /** Epochs of one edge that are remembered; the oldest is dropped for a new one. */
  readonly epochsMax?: number;
  /** Redis: take a server that may forget what it acknowledged; for trials only. */
  readonly allowVolatile?: boolean;
}

export interface StreamDeps {
  readonly clock: Clock;
}

/** The options with nothing left open, but for the partitions: those are the log's own. */
export type StreamLimits = Required<Omit<StreamOptions, "partitions">>;

export const streamDefaults: StreamLimits = {
  leaseMs: 10_000,
  heartbeatMs: 3_000,
  sizeBytesMax: 4 * 1024 ** 3,
  queuedBytesMax: 64 * 1024 ** 2,
  lockWaitMs: 5_000,
  gapsMax: 4_096,
  epochsMax: 256,
  allowVolatile: false,
};

export class StreamConfigError extends Error {
  override name = "StreamConfigError";
}
