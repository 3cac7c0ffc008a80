import { setTrails } from "../state/actions.ts";
import { giveOrder } from "../state/map-orders.ts";
import { useConsole } from "../state/use-console.ts";

/** The few things that a pointer wants of the map. */
export function MapControls() {
  const trails = useConsole((state) => state.trails);
  const isTurned = useConsole(({ view }) => view.bearing !== 0 || view.pitch !== 0);
  return (
    <div className="map-controls" role="group" aria-label="Map">
      <button
        type="button"
        aria-label="Zoom in"
        title="Zoom in (E)"
        onClick={() => giveOrder({ kind: "zoom", by: 1 })}
      >
        +
      </button>
      <button
        type="button"
        aria-label="Zoom out"
        title="Zoom out (Q)"
        onClick={() => giveOrder({ kind: "zoom", by: -1 })}
      >
        −
      </button>
      <button
        type="button"
        aria-label="Show everything that moves"
        title="Show everything that moves (H)"
        onClick={() => giveOrder({ kind: "home" })}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" />
        </svg>
      </button>
      <button
        type="button"
        aria-label="Trails of all"
        title="Trails of all (T)"
        aria-pressed={trails === "all"}
        onClick={() => setTrails(trails === "all" ? "selected" : "all")}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2.5 13c0-4 3-3 4.5-5S6.5 3 13 3" />
        </svg>
      </button>
      {isTurned && (
        <button
          type="button"
          aria-label="North up"
          title="North up"
          onClick={() => giveOrder({ kind: "north" })}
        >
          N
        </button>
      )}
    </div>
  );
}
