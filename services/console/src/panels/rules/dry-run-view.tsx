import { useState } from "react";
import type { DryRun, DryRunRange } from "../../api/dry-run.ts";
import { Segments } from "../controls/field.tsx";
import { Faults } from "../zones/faults.tsx";
import { Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";
import { DayBars } from "./day-bars.tsx";
import { Examples } from "./examples.tsx";

const DAY_MS = 86_400_000;
const spans = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
] as const;
type Days = (typeof spans)[number]["value"];

export interface DryRunViewProps {
  /** What is tried; another makes the result old. */
  readonly of: string;
  readonly onRun: (range: DryRunRange) => Promise<DryRun>;
  /** `fire` or `notice something`. */
  readonly verb: string;
}

/** Tries something over stored history and shows how often it would have been. */
export function DryRunView({ of, onRun, verb }: DryRunViewProps) {
  const [days, setDays] = useState<Days>("1");
  const [result, setResult] = useState<{ readonly of: string; readonly run: DryRun }>();
  const act = useAct(async () => {
    const to = Date.now();
    setResult({ of, run: await onRun({ from: to - Number(days) * DAY_MS, to }) });
  });
  const isOld = result !== undefined && result.of !== of;
  return (
    <fieldset className="group dry-run">
      <legend>Try it over the past</legend>
      <div className="row">
        <Segments
          label="How far back"
          isLabelHidden
          value={days}
          options={spans}
          onChange={setDays}
        />
        <button type="button" disabled={act.isBusy} onClick={() => void act.run()}>
          {act.isBusy ? "Trying…" : "Try"}
        </button>
      </div>
      <Mistake error={act.error} />
      <Faults error={act.error} />
      {result === undefined && !act.isBusy && (
        <p className="muted">How often would it have {verb}? Nobody is told of a try.</p>
      )}
      {result !== undefined && (
        <div className={isOld ? "dry-run-result old" : "dry-run-result"} role="status">
          {isOld && <p className="muted">Of what stood here before the last change:</p>}
          <Result run={result.run} verb={verb} />
        </div>
      )}
    </fieldset>
  );
}

function Result({ run, verb }: { readonly run: DryRun; readonly verb: string }) {
  const { fired, truncated = false, examples } = run;
  const times = fired === 1 ? "once" : `${fired.toLocaleString("en")} times`;
  return (
    <>
      <p>
        {fired === 0 ? (
          <>It would not have {verb}.</>
        ) : (
          <>
            It would have {verb} <strong>{times}</strong>.
          </>
        )}
        {truncated && " There was more history than a try reads; this is of the newest."}
      </p>
      {fired > 0 && <DayBars run={run} />}
      <Examples events={examples} />
    </>
  );
}
