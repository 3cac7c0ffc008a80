import { metresAPixel, scaleFor } from "../map/scale.ts";
import { distanceText } from "../panels/text/quantity.ts";
import { useConsole } from "../state/use-console.ts";

const PIXELS_MAX = 96;

/** How long a distance is at the map's middle. */
export function ScaleBar() {
  const { lat, zoom } = useConsole((state) => state.view);
  const { metres, pixels } = scaleFor(metresAPixel(lat, zoom), PIXELS_MAX);
  return (
    <div className="scale" data-testid="scale">
      <span className="scale-bar" style={{ width: pixels }} />
      <span>{distanceText(metres)}</span>
    </div>
  );
}
