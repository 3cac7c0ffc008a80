// The life of an alert, as pure functions.
//
//            raise                acknowledge
//   (none) ────────▶ raised ───────────────────▶ acknowledged
//                      │  ▲                          │
//      clear, by hand, │  │ raise, while it flaps    │ clear, by hand, removed
//      removed, time   ▼  │ (acknowledged stays so)  ▼
//                    cleared ◀───────────────────────┘
//
// A cause stands when its newest raise is later than its newest end, by event time: whatever the order
// in which changes arrive, it ends in the same place. A raise that is older than the newest end is of
// the past: it is listed as an alert that is over, or counted in the one that covers it.

import type { Alert } from "../../model/alert.ts";
import { notifiableMs } from "../../model/event.ts";
import type { Severity } from "../../model/severity.ts";
import type { AlertChange, ClearChange, RaiseChange } from "./change.ts";
import { calm, calmAt, countChange, isFlapping } from "./flapping.ts";
import { type AlertRecord, type CauseState, standing } from "./record.ts";

export interface Advanced {
  readonly cause: CauseState;
  /** The alert that the change belongs to, as it is now; absent when it changed none. */
  readonly record: AlertRecord | undefined;
}

/** What a change makes of its cause. `idOf` names a new alert after the event that raises it. */
export function advance(
  cause: CauseState,
  change: AlertChange,
  nowMs: number,
  idOf: (change: RaiseChange) => string,
): Advanced {
  switch (change.kind) {
    case "raise":
      return raise(cause, change, nowMs, idOf(change));
    case "clear":
      return clear(cause, change, nowMs);
    case "remove":
      return end(cause, { clearedAt: nowMs, clearedBy: "removed" });
  }
}

/** Somebody has it. Nothing happens to one that is acknowledged or over. */
export function acknowledge(
  record: AlertRecord,
  word: { readonly by: string; readonly note?: string | undefined },
  nowMs: number,
): AlertRecord {
  if (record.alert.state !== "raised") return record;
  const alert: Alert = {
    ...record.alert,
    state: "acknowledged",
    acknowledgedAt: nowMs,
    acknowledgedBy: word.by,
    ...(word.note !== undefined && { acknowledgedNote: word.note }),
  };
  return escalate({ ...record, alert }, nowMs);
}

/** Ends the newest alert of a cause; nothing happens when it is over. */
export function end(
  cause: CauseState,
  by: Pick<Alert, "clearedAt" | "clearedBy" | "clearedWho" | "clearedNote">,
): Advanced {
  const newest = standing(cause.newest);
  if (newest === undefined) return { cause, record: undefined };
  const isCondition = by.clearedBy === "condition";
  const isFlapping = isCondition && newest.alert.isFlapping;
  const alert = { ...cleared(newest.alert, by), isFlapping };
  const record = { ...newest, clearAt: undefined, alert };
  // What was heard up to now is over; what is newer raises again. A person's word ends the flapping.
  const clearedAt = Math.max(cause.clearedAt, newest.alert.lastEventAt);
  const flap = isCondition ? cause.flap : calm;
  return { cause: { ...cause, clearedAt, flap, newest: record }, record };
}

/** What time alone did: escalation, an end by itself, calm. */
export function tend(cause: CauseState, nowMs: number): Advanced {
  const { newest } = cause;
  if (newest === undefined) return { cause, record: undefined };
  const clearAt = standing(newest)?.clearAt;
  if (clearAt !== undefined && clearAt <= nowMs) {
    return end(cause, { clearedAt: clearAt, clearedBy: "condition" });
  }
  const escalated = escalate(newest, nowMs);
  const flaps = isFlapping(escalated.alert.isFlapping, cause.flap, nowMs);
  const isSame = escalated === newest && flaps === newest.alert.isFlapping;
  if (isSame) return { cause, record: undefined };
  const record = { ...escalated, alert: { ...escalated.alert, isFlapping: flaps } };
  return { cause: { ...cause, newest: record }, record };
}

/** When time alone will change it next; undefined when it will not. */
export function dueAt(cause: CauseState, nowMs: number): number | undefined {
  const { newest } = cause;
  if (newest === undefined) return undefined;
  const times = newest.alert.isFlapping ? [calmAt(cause.flap)] : [];
  const clearAt = standing(newest)?.clearAt;
  if (clearAt !== undefined) times.push(clearAt);
  if (newest.alert.state === "raised" && newest.isTellable) {
    const steps = newest.escalations.map(({ afterMs }) => newest.alert.raisedAt + afterMs);
    times.push(...steps.filter((at) => at > nowMs));
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

/**
 * How bad it is now: while nobody acknowledges, what the last step that is due says; else what the
 * cause itself says. A later step may say less: that is de-escalation by time.
 */
export function severityAt(
  record: Pick<AlertRecord, "alert" | "baseSeverity" | "escalations" | "isTellable">,
  nowMs: number,
): Severity {
  if (record.alert.state !== "raised" || !record.isTellable) return record.baseSeverity;
  const due = record.escalations
    .filter(({ afterMs }) => record.alert.raisedAt + afterMs <= nowMs)
    .toSorted((a, b) => a.afterMs - b.afterMs);
  return due.at(-1)?.severity ?? record.baseSeverity;
}

function raise(cause: CauseState, change: RaiseChange, nowMs: number, id: string): Advanced {
  const { newest } = cause;
  const { event } = change;
  if (event.at <= cause.clearedAt) return raisePast(cause, change, id);
  const open = standing(newest);
  if (open !== undefined) {
    const record = escalate(countOnce(open, change, nowMs), nowMs);
    return { cause: { ...cause, newest: record }, record };
  }
  const flap = event.retro ? cause.flap : countChange(cause.flap, event.at);
  const flaps = isFlapping(newest?.alert.isFlapping ?? false, flap, nowMs);
  const isReopened = newest !== undefined && flaps && newest.alert.clearedBy === "condition";
  const opened = isReopened ? reopen(newest, change, nowMs) : begin(change, nowMs, id);
  const record = escalate({ ...opened, alert: { ...opened.alert, isFlapping: flaps } }, nowMs);
  return { cause: { ...cause, flap, newest: record }, record };
}

/** It was over before it was heard of. */
function raisePast(cause: CauseState, change: RaiseChange, id: string): Advanced {
  const { newest } = cause;
  const { at } = change.event;
  if (newest?.alert.state === "cleared" && newest.alert.raisedAt <= at) {
    const alert = { ...newest.alert, count: newest.alert.count + 1 };
    const record = { ...newest, alert };
    return { cause: { ...cause, newest: record }, record };
  }
  const fresh = begin(change, Number.POSITIVE_INFINITY, id);
  const by = { clearedAt: cause.clearedAt, clearedBy: "condition" } as const;
  const record = { ...fresh, clearAt: undefined, alert: cleared(fresh.alert, by) };
  // An alert of later than that stays the newest.
  return { cause: newest === undefined ? { ...cause, newest: record } : cause, record };
}

function begin(change: RaiseChange, nowMs: number, id: string): AlertRecord {
  const { event, severity } = change;
  return {
    alert: {
      id,
      cause: change.cause,
      title: change.title.slice(0, 300),
      severity,
      state: "raised",
      ...(change.asset !== undefined && { asset: change.asset }),
      ...(change.zone !== undefined && { zone: change.zone }),
      ...(change.rule !== undefined && { rule: change.rule }),
      raisedAt: event.at,
      lastEventAt: event.at,
      lastEvent: event.id,
      count: 1,
      isFlapping: false,
      explanation: event.explanation,
    },
    baseSeverity: severity,
    escalations: change.escalations ?? [],
    site: change.site,
    clearAt: endOf(change),
    isTellable: isTellable(change, nowMs),
    isHeld: false,
  };
}

function countOnce(record: AlertRecord, change: RaiseChange, nowMs: number): AlertRecord {
  const { event } = change;
  const { alert } = record;
  const count = alert.count + 1;
  const raisedAt = Math.min(alert.raisedAt, event.at);
  const tellable = record.isTellable || isTellable(change, nowMs);
  if (event.at < alert.lastEventAt) {
    return { ...record, isTellable: tellable, alert: { ...alert, count, raisedAt } };
  }
  const { explanation } = event;
  const title = change.title.slice(0, 300);
  return {
    ...record,
    baseSeverity: change.severity,
    escalations: change.escalations ?? [],
    site: change.site,
    clearAt: endOf(change),
    isTellable: tellable,
    alert: {
      ...alert,
      title,
      count,
      raisedAt,
      lastEventAt: event.at,
      lastEvent: event.id,
      explanation,
    },
  };
}

/** While it flaps one alert stands for all; who acknowledged it knows of it already. */
function reopen(record: AlertRecord, change: RaiseChange, nowMs: number): AlertRecord {
  const counted = countOnce(record, change, nowMs);
  const { clearedAt: _at, clearedBy: _by, ...alert } = counted.alert;
  const state = alert.acknowledgedAt === undefined ? "raised" : "acknowledged";
  return { ...counted, alert: { ...alert, state } };
}

function clear(cause: CauseState, change: ClearChange, nowMs: number): Advanced {
  const { at } = change.event;
  const later = { ...cause, clearedAt: Math.max(cause.clearedAt, at) };
  const newest = standing(later.newest);
  if (newest === undefined || at < newest.alert.lastEventAt)
    return { cause: later, record: undefined };
  const flap = change.event.retro ? later.flap : countChange(later.flap, at);
  const ended = end({ ...later, flap }, { clearedAt: at, clearedBy: "condition" });
  if (ended.record === undefined) return ended;
  const flaps = isFlapping(newest.alert.isFlapping, flap, nowMs);
  const record = { ...ended.record, alert: { ...ended.record.alert, isFlapping: flaps } };
  return { cause: { ...ended.cause, newest: record }, record };
}

function escalate(record: AlertRecord, nowMs: number): AlertRecord {
  if (record.alert.state === "cleared") return record;
  const severity = severityAt(record, nowMs);
  return severity === record.alert.severity
    ? record
    : { ...record, alert: { ...record.alert, severity } };
}

function cleared(
  alert: Alert,
  by: Pick<Alert, "clearedAt" | "clearedBy" | "clearedWho" | "clearedNote">,
): Alert {
  return { ...alert, state: "cleared", ...by };
}

function endOf({ clearAfterMs, event }: RaiseChange): number | undefined {
  return clearAfterMs === undefined ? undefined : event.at + clearAfterMs;
}

/** Nobody is told of things long past. */
function isTellable({ event }: RaiseChange, nowMs: number): boolean {
  return !event.retro && nowMs - event.at < notifiableMs;
}
