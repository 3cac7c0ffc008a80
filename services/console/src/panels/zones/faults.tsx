import { mistakesOf, type FieldMistake } from "../../api/problem.ts";
import { goTo } from "../../state/map-orders.ts";
import { Icon } from "../controls/icon.tsx";

const NEAR_ZOOM = 12;
const SHOWN = 20;

/** What the server found wrong, each with a way to its place on the map. */
export function Faults({ error }: { readonly error: unknown }) {
  return <FaultList faults={mistakesOf(error)} />;
}

export function FaultList({ faults }: { readonly faults: readonly FieldMistake[] }) {
  if (faults.length === 0) return null;
  return (
    <ul className="items" role="alert">
      {faults.slice(0, SHOWN).map((fault) => {
        const [lon, lat] = fault.place ?? [];
        const where = fault.index === undefined ? "" : `feature ${fault.index + 1}: `;
        return (
          <li key={`${fault.index} ${fault.field} ${fault.detail}`} className="item">
            <span className="item-main mistake">
              {where}
              {fault.detail}
            </span>
            {lon !== undefined && lat !== undefined && (
              <button type="button" onClick={() => goTo(lon, lat, NEAR_ZOOM)}>
                <Icon name="place" />
                Show
              </button>
            )}
          </li>
        );
      })}
      {faults.length > SHOWN && <li className="muted">and {faults.length - SHOWN} more</li>}
    </ul>
  );
}
