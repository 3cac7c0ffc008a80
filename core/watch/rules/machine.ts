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
// with the same times: the events do not depend on when somebody looked. Only where a report that was
// held up ends what has fired already, it is cleared when it fired, not before.

export interface Machine {
  readonly since?: number | undefined;
  readonly firedSince?: number | undefined;
  /** When it fired; absent where that was `firedSince`. */
  readonly firedAt?: number | undefined;
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
  const { since, firedSince, firedAt = firedSince, endedAt } = machine;
  if (firedSince === undefined || firedAt === undefined) {
    if (since === undefined || since + rule.forMs > untilMs) return machine;
    const at = since + rule.forMs;
    transitions.push({ kind: "fired", at, since });
    return { since, firedSince: since, firedAt: at };
  }
  if (endedAt === undefined || endedAt + rule.keepFiringMs > untilMs) return machine;
  const at = Math.max(endedAt + rule.keepFiringMs, firedAt);
  transitions.push({ kind: "cleared", at, since: firedSince });
  return {};
}

/** Says whether the condition holds from `at` on. */
export function turnTo(machine: Machine, holds: boolean, at: number): Machine {
  const { since, firedSince, firedAt, endedAt } = machine;
  if (holds) {
    if (since !== undefined) return machine;
    return { since: at, firedSince, firedAt };
  }
  if (firedSince === undefined) return since === undefined ? machine : {};
  return endedAt === undefined ? { firedSince, firedAt, endedAt: at } : machine;
}

/** When time alone would next bring something about; undefined when never. */
export function nextTurnMs({ since, firedSince, endedAt }: Machine, rule: Durations) {
  if (firedSince === undefined) return since === undefined ? undefined : since + rule.forMs;
  return endedAt === undefined ? undefined : endedAt + rule.keepFiringMs;
}
