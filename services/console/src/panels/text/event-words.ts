// Events, alerts and states as people say them.

import type { Alert } from "@drover/core/model/alert";
import type { EventKind } from "@drover/core/model/event";

export const eventWords: Readonly<Record<EventKind, string>> = {
  entered: "entered",
  left: "left",
  dwelt: "stayed in",
  crossed: "crossed",
  silent: "went silent",
  back: "came back",
  "rule-fired": "rule fired",
  "rule-cleared": "rule cleared",
};

/** What an asset does at a zone, as a habit: "alert when an asset …". */
export const eventVerbs = {
  entered: "enters",
  left: "leaves",
  dwelt: "stays",
  crossed: "crosses",
} as const;

export interface EventParts {
  readonly kind: EventKind;
  readonly zone?: string | undefined;
  readonly rule?: string | undefined;
}

/** `entered Darwin airport`, `rule fired: Low battery`; names by id, the id itself where none is known. */
export function eventText(event: EventParts, nameOf: (id: string) => string | undefined): string {
  const { kind, zone, rule } = event;
  const words = eventWords[kind];
  if (rule !== undefined) return `${words}: ${nameOf(rule) ?? rule}`;
  return zone === undefined ? words : `${words} ${nameOf(zone) ?? zone}`;
}

/** Why an alert is told to nobody now; undefined when it is told. */
export function quietReason(alert: Alert): string | undefined {
  if (alert.silencedBy !== undefined) return "silenced";
  if (alert.inhibitedBy !== undefined) return `inhibited by ${alert.inhibitedBy.replace(":", " ")}`;
  return undefined;
}

/** From the least bad on. */
export const severityRank = { info: 0, warning: 1, critical: 2 } as const;
