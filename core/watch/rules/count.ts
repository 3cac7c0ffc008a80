// Rules over a set: more than so many assets in a zone. The numbers come from all partitions; one
// judge sums them and decides, with the same machine as for single assets.

import type { WatchEvent } from "../../model/event.ts";
import { countEventOf } from "./explain.ts";
import { nextTurnMs, passTime, turnTo } from "./machine.ts";
import type { Transition } from "./machine.ts";
import type { CountRule } from "./rule-set.ts";

/** Where a rule over a set stands; plain data. */
export interface CountState {
  readonly version: number;
  /** Event time of the newest change that was judged, epoch ms. */
  readonly at: number;
  readonly count: number;
  readonly since?: number | undefined;
  readonly firedSince?: number | undefined;
  readonly firedAt?: number | undefined;
  readonly endedAt?: number | undefined;
}

/**
 * Judges the sum over all partitions.
 *
 * @param seen `count` assets since `at`, the event time of the newest change of any number; `nowMs` is
 *   the platform's clock, up to which time has passed.
 */
export function judgeCount(
  state: CountState | undefined,
  { rule, zone, above }: CountRule,
  seen: { readonly count: number; readonly at: number; readonly nowMs: number },
): { readonly state: CountState; readonly events: readonly WatchEvent[] } {
  const { count } = seen;
  const before: CountState =
    state?.version === rule.version
      ? state
      : {
          version: rule.version,
          at: seen.at,
          count,
          firedSince: state?.firedSince,
          firedAt: state?.firedAt,
        };
  // A change that was reported late happened after those that were judged already, at the earliest.
  const at = Math.max(seen.at, before.at);
  const transitions: Transition[] = [];
  const passed = passTime(before, rule, at, transitions);
  const turned = turnTo(passed, count > above, at);
  const { since, firedSince, firedAt, endedAt } = passTime(
    turned,
    rule,
    Math.max(at, seen.nowMs),
    transitions,
  );
  return {
    state: { version: rule.version, at, count, since, firedSince, firedAt, endedAt },
    events: transitions.map((transition) => countEventOf({ rule, zone, above, count }, transition)),
  };
}

/** When time alone would next bring something about, by the platform's clock; undefined when never. */
export function nextCountMs(state: CountState | undefined, { rule }: CountRule) {
  return state === undefined ? undefined : nextTurnMs(state, rule);
}
