import { useState } from "react";
import type { Trial, TrialRange } from "../../api/dry-run.ts";
import { Segments } from "../controls/field.tsx";
import { Faults } from "../zones/faults.tsx";
import { Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";
import { TrialResult } from "./trial-result.tsx";
import "./rules.css";

const DAY_MS = 86_400_000;
const spans = [
  { value: "1", label: "1 day" },
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
] as const;
type Days = (typeof spans)[number]["value"];

export interface TrialViewProps {
  /** What is tried; another makes the result old. */
  readonly of: string;
  readonly onRun: (range: TrialRange) => Promise<Trial>;
  /** `fired` or `seen a visit`. */
  readonly verb: string;
}

/** Tries something over stored history and shows how often it would have been. */
export function TrialView({ of, onRun, verb }: TrialViewProps) {
  const [days, setDays] = useState<Days>("1");
  const [result, setResult] = useState<{ readonly of: string; readonly trial: Trial }>();
  const act = useAct(async () => {
    const to = Date.now();
    setResult({ of, trial: await onRun({ from: to - Number(days) * DAY_MS, to }) });
  });
  const isOld = result !== undefined && result.of !== of;
  return (
    <fieldset className="group">
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
        <div className={isOld ? "trial old" : "trial"} role="status">
          {isOld && <p className="muted">Of what stood here before the last change:</p>}
          <TrialResult trial={result.trial} verb={verb} />
        </div>
      )}
    </fieldset>
  );
}
