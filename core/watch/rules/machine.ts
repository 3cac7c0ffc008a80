// When a rule fires and when it is cleared, by event time alone:
//
//              holds                  for `forMs`
//     idle ────────────▶ pending ─────────────────▶ firing ◀──────────┐
//       ▲                   │                          │ ends         │ holds again
//       │◀──────────────────┘ ends                     ▼              │
//       └────────────────────────────────────────── ending ───────────┘
//                      for `keepFiringMs`
//
// What time alone brings about is found by the next report just as by a look at the clock in between,
// with the same times: the events do not depend on when somebody looked.

export interface Machine {
  readonly since?: number | undefined;
  readonly firedSince?: number | undefined;
  readonly endedAt?: number | undefined;
}

export interface Durations {
  readonly forMs: number;
  readonly keepFiringMs: number;
}

/** `since` is when the condition began to hold: it names the time that the rule fires. */
export type Transition =
  | { readonly kind: "fired"; readonly at: number; readonly since: number }
  | { readonly kind: "cleared"; readonly at: number; readonly since: number };

/** Lets time pass up to `untilMs`; gives the machine itself when nothing happens. */
export function passTime(
  machine: Machine,
  rule: Durations,
  untilMs: number,
  transitions: Transition[],
): Machine {
  const { since, firedSince, endedAt } = machine;
  if (firedSince === undefined) {
    if (since === undefined || since + rule.forMs > untilMs) return machine;
    transitions.push({ kind: "fired", at: since + rule.forMs, since });
    return { since, firedSince: since };
  }
  if (endedAt === undefined || endedAt + rule.keepFiringMs > untilMs) return machine;
  transitions.push({ kind: "cleared", at: endedAt + rule.keepFiringMs, since: firedSince });
  return {};
}

/** Says whether the condition holds from `at` on. */
export function turnTo(machine: Machine, holds: boolean, at: number): Machine {
  const { since, firedSince, endedAt } = machine;
  if (holds) {
    if (since !== undefined) return machine;
    return { since: at, firedSince };
  }
  if (firedSince === undefined) return since === undefined ? machine : {};
  return endedAt === undefined ? { firedSince, endedAt: at } : machine;
}

/** When time alone would next bring something about; undefined when never. */
export function nextTurnMs({ since, firedSince, endedAt }: Machine, rule: Durations) {
  if (firedSince === undefined) return since === undefined ? undefined : since + rule.forMs;
  return endedAt === undefined ? undefined : endedAt + rule.keepFiringMs;
}
