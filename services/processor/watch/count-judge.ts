// Rules over sets, judged by whoever holds the first partition. A verdict is written down with its events
// before these are recorded; whoever takes the partition over records them again, in case they were not.

import type { WatchCounts } from "@drover/core/records/watch-counts";
import type { Verdict } from "@drover/core/records/watch-counts";
import type { Clock } from "@drover/core/service/clock";
import type { Lease } from "@drover/core/stream/log";
import { judgeCount } from "@drover/core/watch/rules/count";
import type { CountState } from "@drover/core/watch/rules/count";
import type { Definitions } from "./definitions.ts";
import type { Reactions } from "./reactions.ts";

export interface CountJudge {
  /** Judges once; `lease` is that of the first partition. @throws what the records throw. */
  judge(lease: Lease, definitions: Definitions, signal: AbortSignal): Promise<void>;
}

export interface CountJudgeDeps {
  readonly counts: WatchCounts;
  readonly reactions: Pick<Reactions, "act">;
  readonly clock: Pick<Clock, "now">;
  /** What may still be on its way from the other partitions, ms. */
  readonly graceMs: number;
}

export function createCountJudge(deps: CountJudgeDeps): CountJudge {
  const { counts, reactions, clock, graceMs } = deps;
  let token = -1;
  let revision = -1;
  let verdicts = new Map<string, Verdict>();
  /** Rules that may have something written down. */
  let known: ReadonlySet<string> = new Set();

  async function takeOver(lease: Lease, definitions: Definitions, signal: AbortSignal) {
    const found = await counts.verdicts();
    for (const [rule, verdict] of found) {
      // From here on what an older judge decides is refused.
      if (!(await counts.decide(lease.token, rule, verdict))) return;
    }
    const events = [...found.values()].flatMap((verdict) => verdict.events);
    if (!(await reactions.act({ events, retracted: [] }, definitions, signal))) return;
    known = new Set([...found.keys(), ...(await counts.sums()).keys()]);
    verdicts = new Map(found);
    // The judge before may have known newer definitions: what is gone is told by the next change.
    revision = definitions.revision;
    token = lease.token;
  }

  return {
    async judge(lease, definitions, signal) {
      const rules = definitions.ruleSet.counts;
      if (lease.token !== token) await takeOver(lease, definitions, signal);
      if (lease.token !== token) return;
      if (definitions.revision !== revision) {
        const ids = new Set(rules.map(({ rule }) => rule.id));
        // No others: what this judge does not know yet may be counted by somebody who does.
        await counts.forget([...known].filter((id) => !ids.has(id)));
        verdicts = new Map([...verdicts].filter(([id]) => ids.has(id)));
        known = ids;
        revision = definitions.revision;
      }
      if (rules.length === 0) return;
      const sums = await counts.sums();
      const nowMs = clock.now() - graceMs;
      for (const rule of rules) {
        const { id } = rule.rule;
        const sum = sums.get(id);
        if (sum === undefined) continue;
        const before = verdicts.get(id);
        const seen = { count: sum.count, at: sum.changedAt, nowMs };
        const { state, events } = judgeCount(before?.state, rule, seen);
        if (before !== undefined && events.length === 0 && isSame(before.state, state)) continue;
        const verdict = { state, events: events.length > 0 ? events : (before?.events ?? []) };
        // False: somebody with a newer lease judges by now.
        if (!(await counts.decide(lease.token, id, verdict))) return;
        verdicts.set(id, verdict);
        if (!(await reactions.act({ events: [...events], retracted: [] }, definitions, signal)))
          return;
      }
    },
  };
}

/** Whether the two differ in nothing that decides later. */
function isSame(a: CountState, b: CountState): boolean {
  return (
    a.version === b.version &&
    a.since === b.since &&
    a.firedSince === b.firedSince &&
    a.firedAt === b.firedAt &&
    a.endedAt === b.endedAt
  );
}
