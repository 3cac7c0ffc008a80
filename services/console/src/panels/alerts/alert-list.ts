// The list of alerts: what the server listed, brought up to date by what the feed told since.

import type { Alert, AlertState } from "@drover/core/model/alert";
import type { Severity } from "@drover/core/model/severity";
import { severityRank } from "../text/event-words.ts";

export type AlertChoice = "standing" | "raised" | "cleared";

export const statesOf: Readonly<Record<AlertChoice, readonly AlertState[]>> = {
  standing: ["raised", "acknowledged"],
  raised: ["raised"],
  cleared: ["cleared"],
};

export interface AlertFilter {
  readonly choice: AlertChoice;
  /** Every severity when empty. */
  readonly severities: readonly Severity[];
}

/**
 * Alerts that pass, each once in its newest form: those that stand with the worst and unacknowledged
 * first, the cleared by their end.
 */
export function alertsShown(
  listed: readonly Alert[],
  live: readonly Alert[],
  { choice, severities }: AlertFilter,
): readonly Alert[] {
  const byId = new Map(listed.map((alert) => [alert.id, alert]));
  for (const alert of live) {
    const known = byId.get(alert.id);
    if (known === undefined || newestOf(alert) >= newestOf(known)) byId.set(alert.id, alert);
  }
  const passing = [...byId.values()].filter(
    ({ state, severity }) =>
      statesOf[choice].includes(state) &&
      (severities.length === 0 || severities.includes(severity)),
  );
  if (choice === "cleared") {
    return passing.toSorted((a, b) => (b.clearedAt ?? 0) - (a.clearedAt ?? 0));
  }
  return passing.toSorted(
    (a, b) =>
      Number(a.state !== "raised") - Number(b.state !== "raised") ||
      severityRank[b.severity] - severityRank[a.severity] ||
      b.raisedAt - a.raisedAt,
  );
}

/** The time of the newest thing that an alert says of itself. */
function newestOf({ lastEventAt, raisedAt, acknowledgedAt = 0, clearedAt = 0 }: Alert): number {
  return Math.max(lastEventAt, raisedAt, acknowledgedAt, clearedAt);
}
