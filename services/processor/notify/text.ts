// What people read: the same facts for e-mail, Telegram and Slack, which differ in how they mark text.

import type { Alert } from "@drover/core/model/alert";
import { compareSeverity, type Severity } from "@drover/core/model/severity";
import type { Message, MessageItem } from "@drover/core/records/notifications";

/** Lines of a message; what is beyond is counted. */
const LINES_MAX = 20;

export interface MessageText {
  /** One line for all of it. */
  readonly subject: string;
  readonly lines: readonly MessageLine[];
  /** How many more there are. */
  readonly more: number;
  readonly worst: Severity;
}

export interface MessageLine {
  readonly mark: string;
  readonly head: string;
  readonly body: string;
  readonly link: string | undefined;
}

/** One entry an alert: what happened to it last is what people want to know. */
export function foldItems(items: readonly MessageItem[]): readonly MessageItem[] {
  const last = new Map<string, MessageItem>();
  for (const item of items) {
    last.delete(item.alert.id);
    last.set(item.alert.id, item);
  }
  return [...last.values()];
}

export function textOf(message: Message, consoleUrl: string | undefined): MessageText {
  const items = foldItems(message.items);
  const shown = items.slice(0, LINES_MAX);
  const worst = items
    .map(({ alert }) => alert.severity)
    .reduce((a, b) => (compareSeverity(a, b) >= 0 ? a : b), "info");
  return {
    subject: subjectOf(message, items),
    lines: shown.map((item) => lineOf(item, consoleUrl)),
    more: items.length - shown.length,
    worst,
  };
}

function subjectOf({ kind }: Message, items: readonly MessageItem[]): string {
  const [only] = items;
  if (only !== undefined && items.length === 1 && kind !== "digest") {
    return `${wordOf(only)}: ${only.alert.title}`;
  }
  const counts = new Map<string, number>();
  for (const item of items) counts.set(wordOf(item), (counts.get(wordOf(item)) ?? 0) + 1);
  const parts = [...counts].map(([word, count]) => `${count} ${word.toLowerCase()}`);
  const what = kind === "digest" ? "Digest of alerts" : "Alerts";
  return `${what}: ${parts.join(", ")}`;
}

function lineOf(item: MessageItem, consoleUrl: string | undefined): MessageLine {
  const { alert } = item;
  const facts = [
    alert.explanation.text,
    `at ${isoOf(alert.lastEventAt)}`,
    ...(alert.count > 1 ? [`${alert.count} times since ${isoOf(alert.raisedAt)}`] : []),
    ...(alert.isFlapping ? ["comes and goes: told seldom until it has calmed down"] : []),
    ...endOf(item),
  ];
  return {
    mark: markOf(item),
    head: `${wordOf(item)}: ${alert.title}`,
    body: facts.join("; "),
    link: linkOf(alert, consoleUrl),
  };
}

function endOf({ what, alert }: MessageItem): readonly string[] {
  if (what === "acknowledged" && alert.acknowledgedBy !== undefined) {
    const note = alert.acknowledgedNote === undefined ? "" : ` (${alert.acknowledgedNote})`;
    return [`acknowledged by ${alert.acknowledgedBy}${note}`];
  }
  if (what !== "cleared" || alert.clearedAt === undefined) return [];
  const lasted = spanOf(Math.max(0, alert.clearedAt - alert.raisedAt));
  const by = alert.clearedWho === undefined ? "" : ` by ${alert.clearedWho}`;
  return [`over${by} after ${lasted}`];
}

function wordOf({ what, alert }: MessageItem): string {
  switch (what) {
    case "raised":
      return severityWords[alert.severity];
    case "escalated":
      return `Now ${severityWords[alert.severity].toLowerCase()}`;
    case "repeated":
      return `Still ${severityWords[alert.severity].toLowerCase()}`;
    case "acknowledged":
      return "Acknowledged";
    case "cleared":
      return "Over";
    case "test":
      return "Test";
  }
}

const severityWords = { info: "Info", warning: "Warning", critical: "Critical" } as const;

function markOf({ what, alert }: MessageItem): string {
  if (what === "cleared") return "🟢";
  if (what === "acknowledged") return "🔵";
  return { info: "⚪", warning: "🟠", critical: "🔴" }[alert.severity];
}

export function linkOf(alert: Alert, consoleUrl: string | undefined): string | undefined {
  if (consoleUrl === undefined) return undefined;
  const url = new URL(consoleUrl);
  url.searchParams.set("alert", alert.id);
  return url.toString();
}

function isoOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, "Z");
}

function spanOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.round(ms / 1_000)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
