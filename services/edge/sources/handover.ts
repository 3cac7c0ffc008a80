// The last step of a live aircraft source: what is new goes to the outbox, and what the outbox did
// not take is not forgotten, though the feed will not say it again.

import type { Report } from "@drover/core/model/report";
import type { RepeatFilter } from "./repeat-filter.ts";
import type { Emit } from "./source.ts";
import type { Tally } from "./tally.ts";

export interface Handover {
  /**
   * Emits what was not said before, and before it what the outbox refused the last time. Rejects
   * with the outbox's error, and then holds these reports, which are one read at most (block).
   */
  give(reports: readonly Report[], emit: Emit): Promise<void>;
}

export function createHandover(filter: RepeatFilter, tally: Tally): Handover {
  let held: readonly Report[] = [];

  function isNew(report: Report): boolean {
    const answer = filter.check(report);
    if (answer === "repeated") tally.repeated();
    if (answer === "thinned") tally.refused("thinned-contact");
    return answer === "new";
  }

  return {
    async give(reports, emit) {
      const fresh = reports.filter(isNew);
      held = held.length === 0 ? fresh : [...held, ...fresh];
      if (held.length === 0) return;
      const given = held;
      await emit(given);
      held = [];
      tally.emitted(given.length);
    },
  };
}
