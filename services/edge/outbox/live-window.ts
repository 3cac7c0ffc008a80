/**
 * Remembers which numbers came lately, so that the present can be told from the backlog. The newest
 * few always count as such: after an outage of rare reporters they are all the present there is.
 */
export interface LiveWindow {
  /** Numbers of an epoch up to `last` are durable now. */
  note(epoch: number, last: number): void;
  /** The first number of each epoch that came within the window. */
  liveFrom(): ReadonlyMap<number, number>;
}

interface Mark {
  readonly atMs: number;
  /** First number that was noted with it. */
  readonly first: number;
}

/** Marks of one window; closer ones share a mark. */
const MARKS_MAX = 256;

export function createLiveWindow(
  config: { readonly liveMs: number; readonly liveReports: number },
  deps: { readonly clock: { monotonicMs(): number } },
): LiveWindow {
  const epochs = new Map<number, { end: number; marks: Mark[] }>();
  const apartMs = config.liveMs / MARKS_MAX;

  return {
    note(epoch, last) {
      const known = epochs.get(epoch) ?? { end: 0, marks: [] };
      epochs.set(epoch, known);
      const atMs = deps.clock.monotonicMs();
      const latest = known.marks.at(-1);
      if (latest === undefined || atMs - latest.atMs >= apartMs) {
        known.marks.push({ atMs, first: known.end + 1 });
      }
      known.end = last;
    },
    liveFrom() {
      const oldestMs = deps.clock.monotonicMs() - config.liveMs;
      const from = new Map<number, number>();
      for (const [epoch, { end, marks }] of epochs) {
        while (marks[0] !== undefined && marks[0].atMs < oldestMs) marks.shift();
        const newest = Math.max(1, end - config.liveReports + 1);
        from.set(epoch, Math.min(newest, marks[0]?.first ?? end + 1));
      }
      return from;
    },
  };
}
