// What is told of an alert, and to whom. What was told last is compared with what is: so that any order
// of changes ends with people knowing how things stand, and nothing is told twice.

import type { Alert, AlertMatch, Silence } from "../../model/alert.ts";
import { kindOf } from "../../model/ids.ts";
import type { Receiver, Telling } from "../../model/receiver.ts";
import { compareSeverity } from "../../model/severity.ts";
import type { AlertRecord } from "./record.ts";

/** Why an alert is not told now. */
export interface Hold {
  readonly silencedBy?: string | undefined;
  readonly inhibitedBy?: string | undefined;
}

export interface Settled {
  readonly record: AlertRecord;
  readonly telling: Telling | undefined;
}

/**
 * Decides what is to be told of an alert that changed from `before` (absent: it is new), and notes it.
 * The change that makes it flap is still told; what follows is held until it has calmed down.
 */
export function settle(before: AlertRecord | undefined, after: AlertRecord, hold: Hold): Settled {
  const telling = tellingOf(after);
  const isOver = after.alert.state === "cleared" && telling === undefined;
  const now = withHold(after.alert, isOver ? {} : hold);
  const flapped = before?.alert.isFlapping === true && now.isFlapping;
  const isHeldBack = hold.silencedBy !== undefined || hold.inhibitedBy !== undefined || flapped;
  if (telling !== undefined && isHeldBack) {
    return { record: { ...after, alert: now, isHeld: true }, telling: undefined };
  }
  const { state, severity } = now;
  const told = telling === undefined ? lowered(after) : { state, severity };
  return { record: { ...after, alert: now, isHeld: false, told }, telling };
}

function withHold({ silencedBy: _s, inhibitedBy: _i, ...alert }: Alert, hold: Hold): Alert {
  const { silencedBy, inhibitedBy } = hold;
  return {
    ...alert,
    ...(silencedBy !== undefined && { silencedBy }),
    ...(inhibitedBy !== undefined && { inhibitedBy }),
  };
}

function tellingOf({ alert, told, isTellable }: AlertRecord): Telling | undefined {
  const isKnown = told !== undefined && told.state !== "cleared";
  switch (alert.state) {
    case "cleared":
      return isKnown ? "cleared" : undefined;
    case "acknowledged":
      if (!isKnown) return undefined;
      if (compareSeverity(alert.severity, told.severity) > 0) return "escalated";
      return told.state === "raised" ? "acknowledged" : undefined;
    case "raised":
      if (!isKnown) return isTellable ? "raised" : undefined;
      return compareSeverity(alert.severity, told.severity) > 0 ? "escalated" : undefined;
  }
}

/** A lower severity is no news, but what is worse than it will be. */
function lowered({ alert, told }: AlertRecord): AlertRecord["told"] {
  if (told === undefined || compareSeverity(alert.severity, told.severity) >= 0) return told;
  return { ...told, severity: alert.severity };
}

/** True when the alert is among those meant; a rule over a set has no asset and fits no selection. */
export function matches(match: AlertMatch, alert: Alert): boolean {
  const { severities, rules, zones, kinds, assets } = match;
  if (severities !== undefined && !severities.includes(alert.severity)) return false;
  if (rules !== undefined && (alert.rule === undefined || !rules.includes(alert.rule)))
    return false;
  if (zones !== undefined && (alert.zone === undefined || !zones.includes(alert.zone)))
    return false;
  if (kinds === undefined && assets === undefined) return true;
  if (alert.asset === undefined) return false;
  const { asset } = alert;
  return kinds?.includes(kindOf(asset)) === true || assets?.includes(asset) === true;
}

/** The silence that keeps an alert from being told; the one that ends last when there are several. */
export function silenceOf(
  silences: readonly Silence[],
  alert: Alert,
  nowMs: number,
): Silence | undefined {
  return silences
    .filter(({ from, until }) => from <= nowMs && nowMs < until)
    .filter(({ match }) => matches(match, alert))
    .toSorted((a, b) => b.until - a.until)[0];
}

/** Who is to be told; `knowing` are the receivers that were told of this alert while it stood. */
export function recipientsOf(
  receivers: readonly Receiver[],
  alert: Alert,
  telling: Telling,
  knowing: ReadonlySet<string>,
): readonly Receiver[] {
  return receivers.filter((receiver) => {
    if (!receiver.isEnabled || !receiver.tell.includes(telling)) return false;
    // An end is told to whoever knows of the beginning, whatever they ask for by now.
    if (telling !== "raised" && telling !== "escalated") return knowing.has(receiver.id);
    return (
      compareSeverity(alert.severity, receiver.severityMin) >= 0 && matches(receiver.match, alert)
    );
  });
}
