import type { Clock } from "@drover/core/service/clock";
import type { SourceState, SourceStatus } from "./source.ts";

/** More reasons than this are counted as `other`, so that a hostile feed cannot grow the map. */
export const refusalReasonsMax = 32;
const MESSAGE_CHARS_MAX = 300;

/** The counters behind a source's status. */
export interface Tally {
  received(count?: number): void;
  emitted(count: number): void;
  repeated(count?: number): void;
  /** `reason` is a fixed word of the source, never text of the feed. */
  refused(reason: string, count?: number): void;
  state(state: SourceState): void;
  /** A good read: the state becomes `running`. */
  succeeded(): void;
  /** A failed try: the state becomes `failing`. */
  failed(error: unknown): void;
  credits(left: number | undefined): void;
  nextPoll(at: number | undefined): void;
  status(): SourceStatus;
}

export function createTally(
  config: { readonly name: string; readonly kind: string },
  deps: { readonly clock: Clock },
): Tally {
  let state: SourceState = "starting";
  let lastSuccessAt: number | undefined;
  let lastError: { at: number; message: string } | undefined;
  let received = 0;
  let emitted = 0;
  let repeated = 0;
  let creditsLeft: number | undefined;
  let nextPollAt: number | undefined;
  const refused = new Map<string, number>();

  return {
    received: (count = 1) => void (received += count),
    emitted: (count) => void (emitted += count),
    repeated: (count = 1) => void (repeated += count),
    refused(reason, count = 1) {
      const key = refused.has(reason) || refused.size < refusalReasonsMax - 1 ? reason : "other";
      refused.set(key, (refused.get(key) ?? 0) + count);
    },
    state: (next) => void (state = next),
    succeeded() {
      state = "running";
      lastSuccessAt = deps.clock.now();
    },
    failed(error) {
      state = "failing";
      lastError = { at: deps.clock.now(), message: messageOf(error) };
    },
    credits: (left) => void (creditsLeft = left),
    nextPoll: (at) => void (nextPollAt = at),
    status: () => ({
      name: config.name,
      kind: config.kind,
      state,
      ...(lastSuccessAt !== undefined && { lastSuccessAt }),
      ...(lastError !== undefined && { lastError }),
      received,
      emitted,
      repeated,
      refused: Object.fromEntries(refused),
      ...(creditsLeft !== undefined && { creditsLeft }),
      ...(nextPollAt !== undefined && { nextPollAt }),
    }),
  };
}

/** One line for a status or a log; the cause's message too, since fetch hides the reason there. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error).slice(0, MESSAGE_CHARS_MAX);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`.slice(0, MESSAGE_CHARS_MAX);
}
