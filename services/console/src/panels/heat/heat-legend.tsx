import { gradientOf, heatRamp } from "../../map/ramps.ts";
import type { HeatShown } from "../../state/heat-shown.ts";
import { metricWords, numberText } from "../text/metric.ts";
import { wholeText } from "../text/quantity.ts";
import { legendValues } from "./legend-values.ts";

export interface HeatLegendProps {
  readonly metric: string;
  readonly shown: HeatShown;
}

const MARKS = 5;

/** What the colours mean, with units. */
export function HeatLegend({ metric, shown }: HeatLegendProps) {
  const { label, unit } = metricWords(metric);
  const isDensity = metric === "density";
  const values = legendValues(shown, MARKS);
  const title = isDensity ? "Reports in a cell" : `${label}, mean of a cell${unit && `, ${unit}`}`;
  const textOf = isDensity ? wholeText : numberText;
  return (
    <figure className="heat-legend">
      <figcaption>{title}</figcaption>
      <div style={{ backgroundImage: gradientOf(heatRamp) }} aria-hidden="true" />
      <ol aria-label={title}>
        {values.map((value, index) => (
          // Ends that are alike have the same number.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>{shown.cells === 0 ? "–" : textOf(value)}</li>
        ))}
      </ol>
    </figure>
  );
}
