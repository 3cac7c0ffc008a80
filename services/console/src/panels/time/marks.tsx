import { severityRank } from "../text/event-words.ts";
import { shareOf, thinMarks, type Range } from "./range.ts";
import type { Moment } from "./use-moments.ts";

export interface MarksProps {
  readonly moments: readonly Moment[];
  readonly range: Range;
  readonly onPick: (at: number) => void;
}

/** Marks on the strip; more would lie on each other. */
const CELLS = 160;
const TITLES_SHOWN = 5;

/**
 * What happened, along the strip. The marks are for the pointer; the keyboard has the buttons that jump
 * from event to event, and the list of events.
 */
export function Marks({ moments, range, onPick }: MarksProps) {
  return (
    <div className="time-marks" aria-hidden="true">
      {thinMarks(moments, range, CELLS).map(({ share, marks }) => {
        const first = marks[0];
        if (first === undefined) return null;
        return (
          <button
            key={share}
            type="button"
            tabIndex={-1}
            className={`time-mark ${worstOf(marks)}`}
            style={{ left: `${shareOf(first.at, range) * 100}%` }}
            title={titleOf(marks)}
            onClick={() => onPick(first.at)}
          />
        );
      })}
    </div>
  );
}

/** The worst severity among them; `event` when none raised an alert. */
function worstOf(marks: readonly Moment[]): string {
  const known = marks.flatMap(({ severity }) => (severity === undefined ? [] : [severity]));
  return known.toSorted((a, b) => severityRank[b] - severityRank[a])[0] ?? "event";
}

function titleOf(marks: readonly Moment[]): string {
  const shown = marks.slice(0, TITLES_SHOWN).map(({ text }) => text);
  const more = marks.length - shown.length;
  return more > 0 ? `${shown.join("\n")}\nand ${more} more` : shown.join("\n");
}
