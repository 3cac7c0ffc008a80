// The port of every source: a device or a feed read into reports. A source never invents a time, it
// drops what it has said before, and it hands over no faster than the outbox takes.

import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import type { Report } from "@drover/core/model/report";

/**
 * Hands reports over. Resolves when the outbox has made them durable, which is the back-pressure:
 * a source that awaits it never holds more than it read since the last call (block).
 */
export type Emit = (reports: readonly Report[]) => Promise<void>;

/**
 * `starting` → `running` ⇄ `waiting` (for a poll or a rate limit) ⇄ `failing` (the last try failed,
 * another follows) → `finished` (a file that does not loop is at its end, or the source was stopped).
 */
export type SourceState = "starting" | "running" | "waiting" | "failing" | "finished";

export interface SourceStatus {
  readonly name: string;
  /** Its key in the registry. */
  readonly kind: string;
  readonly state: SourceState;
  /** Epoch ms of the last good read. */
  readonly lastSuccessAt?: number;
  readonly lastError?: { readonly at: number; readonly message: string };
  /** Observations read, whatever became of them. */
  readonly received: number;
  /** Reports handed over. */
  readonly emitted: number;
  /** Observations said before: same asset, same event time, same place. */
  readonly repeated: number;
  /** Observations that are no report, by reason; at most `refusalReasonsMax` reasons. */
  readonly refused: Readonly<Record<string, number>>;
  /** Credits left of a metered feed. */
  readonly creditsLeft?: number;
  /** Epoch ms of the next poll of a polled feed. */
  readonly nextPollAt?: number;
}

export interface Source extends AsyncDisposable {
  /** Unique on this edge; the `source` of its reports. */
  readonly name: string;
  /**
   * Reads until the feed ends or the signal aborts; resolves in both cases. Rejects only when
   * trying again cannot help (a file that does not exist, refused credentials).
   */
  run(emit: Emit, signal: AbortSignal): Promise<void>;
  status(): SourceStatus;
}

/** What must never stand in a spec, because specs are logged. */
export interface SourceSecrets {
  readonly openskyClientId?: string;
  readonly openskyClientSecret?: string;
  readonly mqttUsername?: string;
  readonly mqttPassword?: string;
  readonly httpToken?: string;
}

export interface SourceDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** `globalThis.fetch` when absent. */
  readonly fetch?: typeof globalThis.fetch;
  /** A folder that outlives the process, for budgets and the like; one per edge, made already. */
  readonly stateDir: string;
  readonly secrets?: SourceSecrets;
}

/** A source that cannot go on, however often it is tried. */
export class SourceError extends Error {
  override name = "SourceError";
}
