// From what was noticed to what becomes of alerts.

import type { WatchEvent } from "../../model/event.ts";
import type { Condition, Rule } from "../../model/rule.ts";
import type { Zone } from "../../model/zone.ts";
import type { AlertChange, ChangeEvent, RaiseChange } from "./change.ts";

/** A crossing has no end of its own: its alert is cleared so long after it. */
export const crossedClearMs = 15 * 60_000;

export interface ChangeContext {
  /** The edge that an asset's reports come through, when that is known. */
  readonly edgeOf?: (asset: string) => string | undefined;
}

/**
 * The changes that these events make, in their order. Zones and rules are by id; an event whose zone
 * or rule is not among them (any more) raises nothing.
 *
 * `entered` stands until `left`, `left` until `entered`, `dwelt` until `left`, `crossed` for
 * `crossedClearMs`; what a rule says stands until the rule clears.
 */
export function alertChangesOf(
  events: readonly WatchEvent[],
  zones: ReadonlyMap<string, Zone>,
  rules: ReadonlyMap<string, Rule>,
  context: ChangeContext = {},
): readonly AlertChange[] {
  return events.flatMap((event) => {
    if (event.rule !== undefined) return ruleChanges(event, rules.get(event.rule), context);
    if (event.zone !== undefined) return zoneChanges(event, zones.get(event.zone));
    return [];
  });
}

/** `rule:<id>`, with `:<asset>` when the rule judges assets one by one. */
export function ruleCause(rule: string, asset: string | undefined): string {
  return asset === undefined ? `rule:${rule}` : `rule:${rule}:${asset}`;
}

/** `zone:<id>:<kind>:<asset>`. */
export function zoneCause(zone: string, kind: string, asset: string): string {
  return `zone:${zone}:${kind}:${asset}`;
}

/** The cause of the alert that an edge is out of reach. */
export function edgeCause(edge: string): string {
  return `edge:${edge}`;
}

function ruleChanges(
  event: WatchEvent,
  rule: Rule | undefined,
  context: ChangeContext,
): readonly AlertChange[] {
  const { kind, asset } = event;
  if (event.rule === undefined) return [];
  const cause = ruleCause(event.rule, asset);
  if (kind === "rule-cleared" || kind === "back") {
    return [{ kind: "clear", cause, event: changeEvent(event) }];
  }
  if ((kind !== "rule-fired" && kind !== "silent") || rule === undefined) return [];
  const isSilence = kind === "silent" || asksForSilence(rule.condition);
  const edge = isSilence && asset !== undefined ? context.edgeOf?.(asset) : undefined;
  const raise: RaiseChange = {
    kind: "raise",
    cause,
    event: changeEvent(event),
    title: asset === undefined ? rule.name : `${rule.name}: ${asset}`,
    severity: rule.severity,
    asset,
    zone: event.zone,
    rule: rule.id,
    escalations: rule.escalations,
    site: edge === undefined ? undefined : edgeCause(edge),
  };
  return [raise];
}

const verbs = { entered: "entered", left: "left", dwelt: "stays in", crossed: "crossed" } as const;
type ZoneKind = keyof typeof verbs;
const endedBy = { entered: ["left"], left: ["entered", "dwelt"] } as const;

function zoneChanges(event: WatchEvent, zone: Zone | undefined): readonly AlertChange[] {
  const { asset } = event;
  if (event.zone === undefined || asset === undefined || !isZoneKind(event.kind)) return [];
  const kind = event.kind;
  const changes: AlertChange[] = [];
  const ended = kind === "entered" || kind === "left" ? endedBy[kind] : [];
  // What the zone asks for now may differ from what it asked for then, so that all are ended.
  for (const other of ended) {
    const cause = zoneCause(event.zone, other, asset);
    changes.push({ kind: "clear", cause, event: changeEvent(event) });
  }
  if (zone?.alert?.on.includes(kind) !== true) return changes;
  changes.push({
    kind: "raise",
    cause: zoneCause(zone.id, kind, asset),
    event: changeEvent(event),
    title: `${asset} ${verbs[kind]} ${zone.name}`,
    severity: zone.alert.severity,
    asset,
    zone: zone.id,
    ...(kind === "crossed" && { clearAfterMs: crossedClearMs }),
  });
  return changes;
}

function isZoneKind(kind: string): kind is ZoneKind {
  return Object.hasOwn(verbs, kind);
}

function asksForSilence(condition: Condition): boolean {
  if (condition.type === "all" || condition.type === "any") {
    return condition.of.some(asksForSilence);
  }
  return condition.type === "silence";
}

function changeEvent({ id, at, retro, explanation }: WatchEvent): ChangeEvent {
  return { id, at, retro, explanation };
}
