// Times as people read them: ages beside what is live, durations beside settings, clocks beside history.

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const steps = [
  { ms: DAY_MS, unit: "d" },
  { ms: HOUR_MS, unit: "h" },
  { ms: MINUTE_MS, unit: "min" },
  { ms: SECOND_MS, unit: "s" },
] as const;

/** How long ago, in one unit: `now`, `12 s`, `4 min`, `3 h`, `2 d`; `in 5 s` for what lies ahead. */
export function ageText(ageMs: number): string {
  if (!Number.isFinite(ageMs)) return "–";
  // Clocks of edges and browsers differ by a little; that is no future.
  if (ageMs < 0) return ageMs > -2 * SECOND_MS ? "now" : `in ${ageText(-ageMs)}`;
  const step = steps.find(({ ms }) => ageMs >= ms);
  return step === undefined ? "now" : `${Math.floor(ageMs / step.ms)} ${step.unit}`;
}

/** A length of time in its two largest units: `1 h 20 min`, `45 s`, `250 ms`, `0 s`. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 0) return `−${durationText(-ms)}`;
  if (ms > 0 && ms < SECOND_MS) return `${Math.round(ms)} ms`;
  const largest = steps.findIndex((step) => ms >= step.ms);
  if (largest === -1) return "0 s";
  const parts: string[] = [];
  let rest = ms;
  for (const { ms: stepMs, unit } of steps.slice(largest, largest + 2)) {
    const whole = Math.floor(rest / stepMs);
    rest -= whole * stepMs;
    if (whole > 0) parts.push(`${whole} ${unit}`);
  }
  return parts.join(" ");
}

/** What a person typed as a length of time, in ms: `90`, `90 s`, `1.5 h`, `1 h 20 min`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim().toLowerCase();
  if (/^\d+(?:\.\d+)?$/.test(trimmed)) return Math.round(Number(trimmed) * SECOND_MS);
  const pattern = /(\d+(?:\.\d+)?)\s*(ms|s|sec|min|m|h|d)(?![a-z])\s*/gy;
  const factors: Readonly<Record<string, number>> = {
    ms: 1,
    s: SECOND_MS,
    sec: SECOND_MS,
    m: MINUTE_MS,
    min: MINUTE_MS,
    h: HOUR_MS,
    d: DAY_MS,
  };
  let sumMs = 0;
  let end = 0;
  for (const match of trimmed.matchAll(pattern)) {
    sumMs += Number(match[1]) * (factors[match[2] ?? ""] ?? 0);
    end = match.index + match[0].length;
  }
  return end > 0 && end === trimmed.length ? Math.round(sumMs) : undefined;
}

export type ClockChoice = "utc" | "local";

const pad = (value: number): string => String(value).padStart(2, "0");

interface ClockParts {
  readonly date: string;
  readonly time: string;
}

function partsOf(atMs: number, clock: ClockChoice): ClockParts {
  const at = new Date(atMs);
  if (clock === "utc") {
    const iso = at.toISOString();
    return { date: iso.slice(0, 10), time: iso.slice(11, 19) };
  }
  return {
    date: `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`,
    time: `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`,
  };
}

/** `2026-07-01 09:30:00 UTC`, or the same without a zone in the browser's own. */
export function instantText(atMs: number, clock: ClockChoice): string {
  if (!isInstant(atMs)) return "–";
  const { date, time } = partsOf(atMs, clock);
  return clock === "utc" ? `${date} ${time} UTC` : `${date} ${time}`;
}

/** The time of day of an instant within the last day, otherwise with its date. */
export function shortInstantText(atMs: number, clock: ClockChoice, nowMs: number): string {
  if (!isInstant(atMs)) return "–";
  const { date, time } = partsOf(atMs, clock);
  return Math.abs(nowMs - atMs) < DAY_MS ? time : `${date.slice(5)} ${time.slice(0, 5)}`;
}

/** Value of an `<input type="datetime-local">`. */
export function inputInstantText(atMs: number, clock: ClockChoice): string {
  if (!isInstant(atMs)) return "";
  const { date, time } = partsOf(atMs, clock);
  return `${date}T${time}`;
}

/** The instant that such an input means; undefined while it is not filled in. */
export function parseInputInstant(text: string, clock: ClockChoice): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(text)) return undefined;
  const atMs = Date.parse(clock === "utc" ? `${text}Z` : text);
  return Number.isFinite(atMs) ? atMs : undefined;
}

/** What `Date` can hold (ECMA-262 §21.4.1.1). */
function isInstant(atMs: number): boolean {
  return Math.abs(atMs) <= 8.64e15;
}
