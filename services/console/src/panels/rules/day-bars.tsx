import type { Trial } from "../../api/dry-run.ts";
import { dayCounts } from "./day-counts.ts";

/** One bar a day of UTC; the number on hover, and in words for those who do not see it. */
export function DayBars({ trial }: { readonly trial: Trial }) {
  const days = dayCounts(trial, trial.found.perDay);
  const most = Math.max(1, ...days.map(({ count }) => count));
  return (
    <ol className="day-bars" aria-label="By day">
      {days.map(({ day, count }) => (
        <li key={day} title={`${day}: ${count}`}>
          <span className="day-bar-place" aria-hidden="true">
            <span style={{ height: `${(count / most) * 100}%` }} />
          </span>
          <small className="muted" aria-hidden="true">
            {day.slice(8)}
          </small>
          <span className="hidden-visually">
            {day}: {count}
          </span>
        </li>
      ))}
    </ol>
  );
}
