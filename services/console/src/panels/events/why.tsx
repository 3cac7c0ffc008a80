import type { Explanation } from "@drover/core/model/event";
import { useConsole } from "../../state/use-console.ts";
import { instantText } from "../text/duration.ts";
import { measureText, metricWords } from "../text/metric.ts";
import { distanceText, quantityText } from "../text/quantity.ts";
import { useUnits } from "../controls/use-units.ts";

/** Why an event came: the sentence, the readings, and the fixes that decided it. */
export function Why({ explanation }: { readonly explanation: Explanation }) {
  const { text, values = {}, fixes = [] } = explanation;
  const names = Object.keys(values);
  return (
    <div className="why">
      <p>{text}</p>
      {names.length > 0 && (
        <dl className="facts">
          {names.map((name) => (
            <div key={name} className="fact">
              <dt>{metricWords(name).label}</dt>
              <dd>{measureText(name, values[name] ?? Number.NaN)}</dd>
            </div>
          ))}
        </dl>
      )}
      {fixes.length > 0 && <Fixes fixes={fixes} />}
    </div>
  );
}

function Fixes({ fixes }: { readonly fixes: NonNullable<Explanation["fixes"]> }) {
  const clock = useConsole((state) => state.clock);
  const { altitude } = useUnits();
  return (
    <div className="why-fixes">
      <table>
        <caption className="hidden-visually">Fixes that decided it</caption>
        <thead>
          <tr>
            <th scope="col">Fix</th>
            <th scope="col" className="number">
              Altitude
            </th>
            <th scope="col" className="number">
              Accuracy
            </th>
            <th scope="col" className="number">
              To the border
            </th>
          </tr>
        </thead>
        <tbody>
          {fixes.map((fix) => (
            <tr key={fix.at}>
              <td title={`${fix.lat}, ${fix.lon}`}>{instantText(fix.at, clock).slice(11, 19)}</td>
              <td className="number">{quantityText(altitude, fix.altitudeM)}</td>
              <td className="number">
                {fix.accuracyM === undefined ? "–" : `± ${distanceText(fix.accuracyM)}`}
              </td>
              <td className="number">
                {fix.distanceM === undefined ? "–" : borderText(fix.distanceM)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function borderText(distanceM: number): string {
  return `${distanceText(Math.abs(distanceM))} ${distanceM < 0 ? "inside" : "outside"}`;
}
