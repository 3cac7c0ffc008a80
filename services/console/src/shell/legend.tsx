import { altitudeRamps, gradientOf } from "../map/ramps.ts";
import { useUnits } from "../panels/controls/use-units.ts";
import { wholeText } from "../panels/text/quantity.ts";
import { setRamp } from "../state/actions.ts";
import { useConsole } from "../state/use-console.ts";
import { ScaleBar } from "./scale-bar.tsx";

const MARKS = [0, 0.25, 0.5, 0.75, 1];

/** What the colours mean, and how far a length on the map is. */
export function Legend() {
  const name = useConsole((state) => state.ramp);
  const { altitude } = useUnits();
  const { stops } = altitudeRamps[name];
  const from = stops[0]?.[0] ?? 0;
  const to = stops.at(-1)?.[0] ?? 1;
  const marks = MARKS.map((share) => wholeText(altitude.shown(from + (to - from) * share)));
  return (
    <div className="legend" data-testid="legend">
      <button
        type="button"
        className="quiet ramp"
        title="Altitude; press for colours that every eye tells apart (K)"
        aria-label={`Altitude from ${marks[0]} to ${marks.at(-1)} ${altitude.unit}`}
        onClick={() => setRamp(name === "safe" ? "altitude" : "safe")}
      >
        <span className="ramp-bar" style={{ backgroundImage: gradientOf(altitudeRamps[name]) }} />
        <span className="ramp-marks">
          {marks.map((mark, i) => (
            <span key={mark}>{i === marks.length - 1 ? `${mark} ${altitude.unit}` : mark}</span>
          ))}
        </span>
      </button>
      <ScaleBar />
    </div>
  );
}
