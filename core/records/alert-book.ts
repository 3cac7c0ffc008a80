// One transaction's view of alerts: what it looks at is read once, changed in memory, and written at
// the end together with what is to be told.

import { eventId } from "../watch/event-id.ts";
import type { RaiseChange } from "../watch/alerts/change.ts";
import type { Advanced } from "../watch/alerts/lifecycle.ts";
import { type AlertRecord, type CauseState, standing } from "../watch/alerts/record.ts";
import { type Hold, settle, silenceOf } from "../watch/alerts/telling.ts";
import type { Silence } from "../model/alert.ts";
import {
  type CauseEntry,
  freshCause,
  lockAlerts,
  moveCounter,
  readCauses,
  readRecords,
  type Tx,
  writeCauses,
  writeRecords,
} from "./alert-rows.ts";
import type { RevisedAlert } from "./alerts.ts";
import { readActiveSilences } from "./silence-rows.ts";
import { type ToTell, writeTellings } from "./telling-rows.ts";

/** After an outage what it explained gets so long to come back before it is told. */
export const siteGraceMs = 2 * 60_000;

export interface AlertBook {
  /** Reads causes, their newest alerts, and the sites that these depend on. */
  load(causes: readonly string[], sites?: readonly string[]): Promise<void>;
  /** A cause that was loaded. */
  cause(cause: string): CauseState;
  /** Takes what became of a cause; decides what is told of it. */
  take(cause: string, advanced: Advanced): void;
  /** Decides again about an alert that did not change itself. */
  review(record: AlertRecord): void;
  /** Writes everything; gives the alerts that changed. */
  write(): Promise<readonly RevisedAlert[]>;
}

interface Page {
  readonly before: AlertRecord | undefined;
  now: AlertRecord;
}

/** Takes this transaction's place among the writers. */
export async function openBook(tx: Tx, nowMs: number): Promise<AlertBook> {
  const revision = await lockAlerts(tx);
  const silences = await readActiveSilences(tx, nowMs);
  const entries = new Map<string, CauseEntry>();
  const changedCauses = new Set<string>();
  const pages = new Map<string, Page>();
  const tellings: ToTell[] = [];

  function causeState(cause: string): CauseState {
    const { state, newestId } = entries.get(cause) ?? freshCause(cause);
    return { ...state, newest: newestId === undefined ? undefined : pages.get(newestId)?.now };
  }

  function put(record: AlertRecord): void {
    const { id } = record.alert;
    const page = pages.get(id);
    const hold = holdOf(record, silences, siteStands, nowMs);
    const settled = settle(page?.now, record, hold);
    if (page === undefined) pages.set(id, { before: undefined, now: settled.record });
    else page.now = settled.record;
    if (settled.telling !== undefined) {
      tellings.push({ alert: settled.record.alert, telling: settled.telling });
    }
  }

  function siteStands(site: string): boolean {
    const entry = entries.get(site);
    if (entry?.newestId === undefined) return false;
    if (standing(pages.get(entry.newestId)?.now) !== undefined) return true;
    return nowMs - entry.heardAt < siteGraceMs;
  }

  return {
    async load(causes, sites = []) {
      const records = await readPages(tx, [...causes, ...sites], entries, pages);
      const more = records.flatMap(({ site }) => site ?? []);
      await readPages(tx, more, entries, pages);
    },
    cause: causeState,
    take(cause, { cause: { newest, ...state }, record }) {
      if (record !== undefined) put(record);
      entries.set(cause, { state, newestId: newest?.alert.id, heardAt: nowMs });
      changedCauses.add(cause);
    },
    review(record) {
      const { id } = record.alert;
      if (!pages.has(id)) pages.set(id, { before: record, now: record });
      put(pages.get(id)?.now ?? record);
    },
    async write() {
      const changed = [...pages.values()].filter(({ before, now }) => !isSame(before, now));
      const revised = changed.map(({ now }, index) => ({
        revision: revision + index + 1,
        record: now,
      }));
      await writeRecords(tx, revised, causeState, nowMs);
      const causes = [...changedCauses].flatMap((cause) => entries.get(cause) ?? []);
      await writeCauses(tx, causes);
      await writeTellings(tx, tellings, nowMs);
      if (revised.length > 0) await moveCounter(tx, "revision", revised.length);
      return revised.map(({ revision, record }) => ({ revision, alert: record.alert }));
    },
  };
}

/** Reads what is not there yet; gives the alerts that it read. */
async function readPages(
  tx: Tx,
  causes: readonly string[],
  entries: Map<string, CauseEntry>,
  pages: Map<string, Page>,
): Promise<readonly AlertRecord[]> {
  const missing = causes.filter((cause) => !entries.has(cause));
  const found = await readCauses(tx, missing);
  for (const [cause, entry] of found) entries.set(cause, entry);
  const ids = [...found.values()].flatMap(({ newestId }) => newestId ?? []);
  const unread = ids.filter((id) => !pages.has(id));
  const records = await readRecords(tx, unread);
  for (const [id, record] of records) pages.set(id, { before: record, now: record });
  return [...records.values()];
}

/** An alert is named after its cause and the event that raised it. */
export function alertIdOf(change: RaiseChange): string {
  return eventId("alert", change.cause, change.event.id);
}

function holdOf(
  record: AlertRecord,
  silences: readonly Silence[],
  siteStands: (site: string) => boolean,
  nowMs: number,
): Hold {
  const { site, alert } = record;
  return {
    silencedBy: silenceOf(silences, alert, nowMs)?.id,
    inhibitedBy: site !== undefined && siteStands(site) ? site : undefined,
  };
}

function isSame(before: AlertRecord | undefined, now: AlertRecord): boolean {
  return before === now || (before !== undefined && JSON.stringify(before) === JSON.stringify(now));
}
