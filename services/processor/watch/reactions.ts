// What follows from what was noticed: events are recorded, then alerts change. Both recognise what they
// had before, so that work that is done again after a crash changes nothing.

import type { WatchEvent } from "@drover/core/model/event";
import type { Alerts } from "@drover/core/records/alerts";
import type { WatchEvents } from "@drover/core/records/watch-events";
import { createBackoff } from "@drover/core/service/backoff";
import type { Clock } from "@drover/core/service/clock";
import { alertChangesOf } from "@drover/core/watch/alerts/changes-of";
import { removalsOf } from "@drover/core/watch/alerts/removals";
import type { AlertChange } from "@drover/core/watch/alerts/change";
import type { Definitions } from "./definitions.ts";
import type { WatchCounters } from "./events.ts";
import type { Findings } from "./partition-watch.ts";

export interface Reactions {
  /**
   * Records and raises, again and again until it is done.
   *
   * @returns false when the signal says to leave it to the next owner.
   */
  act(findings: Findings, definitions: Definitions, signal: AbortSignal): Promise<boolean>;
  /** The same, for events whose alerts are no matter of zones and rules. */
  actOn(
    events: readonly WatchEvent[],
    changes: readonly AlertChange[],
    signal: AbortSignal,
  ): Promise<boolean>;
  /** Ends alerts that nothing watches any more. @throws what the records throw. */
  endUnwatched(definitions: Definitions): Promise<void>;
}

export interface ReactionsDeps {
  readonly events: Pick<WatchEvents, "append" | "retract">;
  readonly alerts: Pick<Alerts, "apply" | "standing">;
  readonly clock: Clock;
  readonly counters: Pick<WatchCounters, "recorded" | "recordingFailed">;
  /** The edge that an asset was last heard through. */
  readonly edgeOf: (asset: string) => string | undefined;
}

const backoffConfig = { minMs: 50, maxMs: 5_000 };
/** Events of one transaction; others wait for its lock meanwhile. */
const EVENTS_MAX = 1_000;
const STANDING_MAX = 20_000;

export function createReactions(deps: ReactionsDeps): Reactions {
  const { alerts, clock, counters, edgeOf } = deps;

  async function write(
    events: readonly WatchEvent[],
    retracted: readonly string[],
    changesOf: (events: readonly WatchEvent[]) => readonly AlertChange[],
  ): Promise<void> {
    for (let start = 0; start < events.length; start += EVENTS_MAX) {
      const some = events.slice(start, start + EVENTS_MAX);
      const nowMs = clock.now();
      const fresh = await deps.events.append(some, nowMs);
      // All of them, not the new ones alone: whoever recorded the others may have died right after.
      const changes = changesOf(some);
      if (changes.length > 0) await alerts.apply(changes, nowMs);
      counters.recorded(fresh, nowMs);
    }
    if (retracted.length > 0) await deps.events.retract(retracted);
  }

  async function untilDone(work: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const backoff = createBackoff(backoffConfig, { clock });
    for (;;) {
      try {
        await work();
        return true;
      } catch (error) {
        const delayMs = backoff.nextDelayMs();
        counters.recordingFailed(error, delayMs);
        if (signal.aborted) return false;
        await clock.sleep(delayMs, signal).catch(() => {});
      }
    }
  }

  return {
    act({ events, retracted }, { zones, rules }, signal) {
      if (events.length === 0 && retracted.length === 0) return Promise.resolve(true);
      const changesOf = (some: readonly WatchEvent[]) =>
        alertChangesOf(some, zones, rules, { edgeOf });
      return untilDone(() => write(events, retracted, changesOf), signal);
    },
    actOn: (events, changes, signal) => untilDone(() => write(events, [], () => changes), signal),
    async endUnwatched({ zones, rules }) {
      const changes = removalsOf(await alerts.standing(STANDING_MAX), zones, rules);
      if (changes.length > 0) await alerts.apply(changes, clock.now());
    },
  };
}
