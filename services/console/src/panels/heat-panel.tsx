import { useStore } from "zustand";
import { setHeat } from "../state/actions.ts";
import { heatShown } from "../state/heat-shown.ts";
import type { HeatChoice } from "../state/store.ts";
import { useConsole } from "../state/use-console.ts";
import { serverNowMs } from "../live/feed.ts";
import { SelectField } from "./controls/field.tsx";
import { Empty } from "./controls/note.tsx";
import { Panel } from "./controls/panel.tsx";
import { HeatLegend } from "./heat/heat-legend.tsx";
import { useMetrics } from "./rules/use-metrics.ts";
import { metricTitle } from "./text/metric.ts";
import { RangePicker } from "./time/range-picker.tsx";
import { rangeAt, rangeChoices, type RangeChoice } from "./time/range.ts";
import "./heat/heat.css";

/** Where much was heard, or what was measured where, over a range of time. */
export function HeatPanel() {
  const heat = useConsole((state) => state.heat);
  const metrics = useMetrics().filter((name) => !name.includes("."));
  const choice = heat === undefined ? { name: "24h" as const } : choiceOf(heat);
  const start = (metric: string): void => setHeat(heatOf(metric, choice));
  return (
    <Panel
      title="Heat-map"
      actions={
        heat && (
          <button type="button" onClick={() => setHeat(undefined)}>
            Switch off
          </button>
        )
      }
    >
      {heat === undefined ? (
        <Empty title="No heat on the map">
          <span>It shows where much was heard, or what was measured where.</span>
          <button type="button" className="primary" onClick={() => start("density")}>
            Show the last day
          </button>
        </Empty>
      ) : (
        <div className="stack">
          <SelectField
            label="What"
            value={heat.metric}
            options={[
              { value: "density", label: "How much was heard" },
              ...metrics.map((name) => ({ value: name, label: metricTitle(name) })),
              ...(heat.metric === "density" || metrics.includes(heat.metric)
                ? []
                : [{ value: heat.metric, label: metricTitle(heat.metric) }]),
            ]}
            onChange={start}
          />
          <RangePicker
            label="Range"
            choice={choice}
            onChange={(next) => setHeat(heatOf(heat.metric, next))}
          />
          <p className="muted">
            {heat.to === "now"
              ? "Goes on with what is heard. Time counts in whole hours."
              : "Stands still. Time counts in whole hours."}
          </p>
          <Shown metric={heat.metric} />
        </div>
      )}
    </Panel>
  );
}

function Shown({ metric }: { readonly metric: string }) {
  const shown = useStore(heatShown);
  if (shown.state === "failed") {
    return (
      <p className="mistake" role="alert">
        The server gave no heat-map. It is asked again when the map moves.
      </p>
    );
  }
  return (
    <>
      <HeatLegend metric={metric} shown={shown} />
      <p className="muted" role="status">
        {shown.state === "loading" && "Loading…"}
        {shown.state === "shown" && shown.cells === 0 && "Nothing was heard here in this time."}
        {shown.state === "shown" && shown.cells > 0 && `${shown.cells.toLocaleString("en")} cells`}
        {shown.state === "shown" && shown.isCut && "; those with the least reports are left out"}
      </p>
    </>
  );
}

/** A range that ends now keeps its length; the choice is read back from it. */
function choiceOf({ from, to }: HeatChoice): RangeChoice {
  if (to !== "now") return { name: "custom", custom: { from, to } };
  const lengthMs = serverNowMs() - from;
  const distance = ({ ms }: { readonly ms: number }): number => Math.abs(Math.log(ms / lengthMs));
  const nearest = rangeChoices.toSorted((a, b) => distance(a) - distance(b))[0];
  return { name: nearest?.value ?? "24h" };
}

function heatOf(metric: string, choice: RangeChoice): HeatChoice {
  const { from, to } = rangeAt(choice, Math.round(serverNowMs()));
  return { metric, from, to: choice.name === "custom" ? to : "now" };
}
