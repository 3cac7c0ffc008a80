import type { Trial } from "../../api/dry-run.ts";
import { useConsole } from "../../state/use-console.ts";
import { durationText, instantText } from "../text/duration.ts";
import { wholeText } from "../text/quantity.ts";
import { DayBars } from "./day-bars.tsx";
import { Examples } from "./examples.tsx";

/** How often it would have been, by day, of whom, and some examples. */
export function TrialResult({ trial, verb }: { readonly trial: Trial; readonly verb: string }) {
  const { found, isStill, rows, assets, meanMs, longestMs } = trial;
  const { count, assetsConcerned, perAsset } = found;
  const times = count === 1 ? "once" : `${wholeText(count)} times`;
  const examples = [
    ...new Map([...found.first, ...found.last].map((one) => [one.id, one])).values(),
  ];
  return (
    <>
      <p>
        {count === 0 ? (
          <>It would not have {verb}.</>
        ) : (
          <>
            It would have {verb} <strong>{times}</strong>
            {assetsConcerned > 0 && `, by ${wholeText(assetsConcerned)} assets`}
            {isStill > 0 && `; ${wholeText(isStill)} last still`}.
          </>
        )}
        {meanMs !== undefined &&
          ` A visit took ${durationText(meanMs)}, the longest ${durationText(longestMs ?? meanMs)}.`}
      </p>
      <Cuts trial={trial} />
      {count > 0 && <DayBars trial={trial} />}
      {count > 1 && perAsset.length > 1 && (
        <p className="muted">
          Most:{" "}
          {perAsset
            .slice(0, 3)
            .map((one) => `${one.asset} ${wholeText(one.count)}×`)
            .join(", ")}
        </p>
      )}
      <Examples events={examples} />
      <p className="muted">
        Judged: {wholeText(rows)} reports of {wholeText(assets)} assets.
      </p>
    </>
  );
}

/** A try that did not see everything says so: nothing found is then no proof. */
function Cuts({ trial }: { readonly trial: Trial }) {
  const clock = useConsole((state) => state.clock);
  return trial.cut.map(({ by, limit, from, throughAsset }) => (
    <p key={by} className="trial-cut">
      Not everything was judged:{" "}
      {by === "rows" ? `${wholeText(limit)} reports` : durationText(limit)} is the limit of a try.
      {from !== undefined && ` It begins at ${instantText(from, clock)}.`}
      {throughAsset !== undefined && ` It ends with ${throughAsset}, in the order of ids.`}
    </p>
  ));
}
