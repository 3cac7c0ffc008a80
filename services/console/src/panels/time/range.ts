// Ranges of time that a viewer chooses, and places in them.

const HOUR_MS = 3_600_000;

export const rangeChoices = [
  { value: "15m", label: "15 min", ms: HOUR_MS / 4 },
  { value: "1h", label: "1 h", ms: HOUR_MS },
  { value: "24h", label: "24 h", ms: 24 * HOUR_MS },
  { value: "7d", label: "7 d", ms: 168 * HOUR_MS },
] as const;

export type RangeName = (typeof rangeChoices)[number]["value"] | "custom";

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A named range ends now and moves on with it; a custom one stands. */
export interface RangeChoice {
  readonly name: RangeName;
  readonly custom?: Range;
}

/** The range that a choice means at a moment, epoch ms. */
export function rangeAt(choice: RangeChoice, nowMs: number): Range {
  if (choice.name === "custom" && choice.custom !== undefined) return choice.custom;
  const found = rangeChoices.find(({ value }) => value === choice.name) ?? rangeChoices[1];
  return { from: nowMs - found.ms, to: nowMs };
}

/** Why a range cannot be asked for; undefined when it can. */
export function rangeFault({ from, to }: Partial<Range>): string | undefined {
  if (from === undefined || to === undefined) return "Give both a beginning and an end";
  if (from >= to) return "The end must be after the beginning";
  return undefined;
}

/** Where an instant lies in a range: 0 at its beginning, 1 at its end, held within. */
export function shareOf(at: number, { from, to }: Range): number {
  if (to <= from) return 0;
  return Math.min(1, Math.max(0, (at - from) / (to - from)));
}

/** The instant at a share of a range, whole ms. */
export function instantAt(share: number, { from, to }: Range): number {
  return Math.round(from + Math.min(1, Math.max(0, share)) * (to - from));
}

const steps: readonly number[] = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
  172_800, 604_800,
].map((seconds) => seconds * 1_000);

/** Round instants inside a range, at most `countMax`; of the local clock when its offset is given. */
export function ticksOf({ from, to }: Range, countMax: number, offsetMs = 0): readonly number[] {
  if (to <= from || countMax < 1) return [];
  const wanted = (to - from) / countMax;
  const largest = steps.at(-1) ?? 1;
  const stepMs = steps.find((step) => step >= wanted) ?? Math.ceil(wanted / largest) * largest;
  const ticks: number[] = [];
  let tick = Math.ceil((from + offsetMs) / stepMs) * stepMs - offsetMs;
  for (; tick <= to; tick += stepMs) ticks.push(tick);
  return ticks;
}

/** Things that happen, one for each pixel-wide cell, so that marks do not lie on each other. */
export function thinMarks<T extends { readonly at: number }>(
  marks: readonly T[],
  range: Range,
  cells: number,
): readonly { readonly share: number; readonly marks: readonly T[] }[] {
  const byCell = new Map<number, T[]>();
  for (const mark of marks) {
    if (mark.at < range.from || mark.at > range.to) continue;
    const cell = Math.min(cells - 1, Math.floor(shareOf(mark.at, range) * cells));
    const others = byCell.get(cell);
    if (others === undefined) byCell.set(cell, [mark]);
    else others.push(mark);
  }
  return [...byCell]
    .toSorted(([a], [b]) => a - b)
    .map(([cell, found]) => ({ share: (cell + 0.5) / cells, marks: found }));
}

/** The nearest of `instants` (in any order) before or after `at`; undefined when there is none. */
export function nextInstant(
  instants: readonly number[],
  at: number,
  direction: "before" | "after",
): number | undefined {
  // A second's slack: having jumped to one, the next jump leaves it.
  const isBeyond = (one: number) => (direction === "after" ? one > at + 1_000 : one < at - 1_000);
  const beyond = instants.filter(isBeyond);
  if (beyond.length === 0) return undefined;
  return direction === "after" ? Math.min(...beyond) : Math.max(...beyond);
}
