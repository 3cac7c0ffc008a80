// The assets of one partition, and how many of them each rule over a set counts.

import type { WatchEvent } from "@drover/core/model/event";
import { kindOf } from "@drover/core/model/ids";
import type { PartitionCount } from "@drover/core/records/watch-counts";
import { decodeRows } from "@drover/core/model/row";
import type { Entry, Lease } from "@drover/core/stream/log";
import type { CountRule } from "@drover/core/watch/rules/rule-set";
import { countedIn, stepAsset, tickAsset } from "./asset-watch.ts";
import type { AssetStep, AssetWatch } from "./asset-watch.ts";
import type { Definitions } from "./definitions.ts";

/** What reports and time brought about; no id is in both. */
export interface Findings {
  events: WatchEvent[];
  retracted: string[];
}

export interface PartitionWatch {
  readonly lease: Lease;
  /** Next offset to read. */
  next: number;
  /** What is written down; behind `next` while something is not. */
  committed: number;
  /** When the first of what is not written down was judged, monotonic ms; undefined when nothing is. */
  dirtySinceMs: number | undefined;
  /** When this process took the partition over, monotonic ms. */
  readonly adoptedMs: number;
  /** Everything that was appended until then is judged, epoch ms; absent until that is so. */
  caughtUpMs?: number;
  readonly assets: Map<string, AssetWatch>;
  readonly counts: CountBook;
}

/** Judges the reports of an entry, in their order; gives how many. */
export function judgeEntry(
  partition: PartitionWatch,
  entry: Entry,
  definitions: Definitions,
  findings: Findings,
): number {
  const rows = decodeRows(entry.bytes);
  for (const report of rows) {
    const before = partition.assets.get(report.asset);
    const step = stepAsset(before, report, entry.lane, definitions);
    keep(partition, report, { before, after: step.watch, at: report.at });
    note(findings, step);
  }
  partition.next = entry.offset + entry.count;
  return rows.length;
}

/** Lets time pass for all assets; gives whether anything changed. */
export function judgeTime(
  partition: PartitionWatch,
  nowMs: number,
  definitions: Definitions,
  findings: Findings,
): boolean {
  let hasChanged = false;
  for (const [asset, before] of partition.assets) {
    const subject = { asset, kind: kindOf(asset) };
    const step = tickAsset(before, subject, nowMs, definitions);
    if (step.watch === before) continue;
    hasChanged = true;
    keep(partition, subject, { before, after: step.watch, at: nowMs - before.lagMs });
    for (const event of step.events) findings.events.push(event);
  }
  return hasChanged;
}

/** Of one id the later word stands: an event that is refuted is none, one given again is not refuted. */
function note(findings: Findings, { events, retracted }: AssetStep): void {
  if (retracted.length > 0) {
    findings.events = findings.events.filter(({ id }) => !retracted.includes(id));
    findings.retracted.push(...retracted);
  }
  for (const event of events) {
    if (findings.retracted.includes(event.id)) {
      findings.retracted = findings.retracted.filter((id) => id !== event.id);
    }
    findings.events.push(event);
  }
}

interface Change {
  readonly before: AssetWatch | undefined;
  readonly after: AssetWatch | undefined;
  /** Event time, epoch ms. */
  readonly at: number;
}

function keep(
  { assets, counts }: PartitionWatch,
  { asset, kind }: { readonly asset: string; readonly kind: string },
  { before, after, at }: Change,
): void {
  if (after !== undefined) assets.set(asset, after);
  else if (before !== undefined) assets.delete(asset);
  if (before?.zones === after?.zones) return;
  counts.move({ asset, kind, at }, countedIn(before), countedIn(after));
}

/** How many assets of a partition each rule over a set counts. */
export interface CountBook {
  /** An asset's zones changed. */
  move(
    subject: { readonly asset: string; readonly kind: string; readonly at: number },
    before: readonly string[],
    after: readonly string[],
  ): void;
  /** Counts anew by other rules. */
  recount(
    rules: readonly CountRule[],
    assets: ReadonlyMap<string, AssetWatch>,
    nowMs: number,
  ): void;
  /** Numbers that changed since the last time; all of them after `recount`. */
  takeChanged(): readonly PartitionCount[];
  /** Puts back what could not be written. */
  giveBack(counts: readonly PartitionCount[]): void;
}

export function createCountBook(): CountBook {
  let rules: readonly CountRule[] = [];
  const inside = new Map<string, PartitionCount>();
  const changed = new Set<string>();

  function add(rule: string, difference: number, at: number): void {
    const before = inside.get(rule);
    const changedAt = Math.max(at, before?.changedAt ?? 0);
    inside.set(rule, { rule, inside: (before?.inside ?? 0) + difference, changedAt });
    changed.add(rule);
  }

  return {
    move({ asset, kind, at }, before, after) {
      if (before.length === 0 && after.length === 0) return;
      for (const { rule, zone, applies } of rules) {
        const difference = Number(after.includes(zone)) - Number(before.includes(zone));
        if (difference !== 0 && applies.means(asset, kind)) add(rule.id, difference, at);
      }
    },
    recount(next, assets, nowMs) {
      rules = next;
      inside.clear();
      changed.clear();
      for (const { rule, zone, applies } of rules) {
        let count = 0;
        let changedAt = 0;
        for (const [asset, watch] of assets) {
          if (!countedIn(watch).includes(zone) || !applies.means(asset, kindOf(asset))) continue;
          count += 1;
          changedAt = Math.max(changedAt, watch.at);
        }
        inside.set(rule.id, {
          rule: rule.id,
          inside: count,
          changedAt: Math.min(changedAt, nowMs),
        });
        changed.add(rule.id);
      }
    },
    takeChanged() {
      const counts = [...changed].flatMap((rule) => inside.get(rule) ?? []);
      changed.clear();
      return counts;
    },
    giveBack(counts) {
      for (const { rule } of counts) if (inside.has(rule)) changed.add(rule);
    },
  };
}
