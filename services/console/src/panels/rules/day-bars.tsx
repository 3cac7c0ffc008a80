import type { DryRun } from "../../api/dry-run.ts";

/** One bar a day; the number stands on it, and in words for those who do not see it. */
export function DayBars({ run }: { readonly run: DryRun }) {
  const most = Math.max(1, ...run.perDay.map(({ count }) => count));
  return (
    <ol className="day-bars" aria-label="By day">
      {run.perDay.map(({ day, count }) => (
        <li key={day} title={`${day}: ${count}`}>
          <span aria-hidden="true" style={{ height: `${(count / most) * 100}%` }} />
          <small className="muted">{day.slice(8)}</small>
          <span className="hidden-visually">
            {day}: {count}
          </span>
        </li>
      ))}
    </ol>
  );
}
