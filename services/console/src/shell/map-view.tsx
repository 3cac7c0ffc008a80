import { useEffect, useRef } from "react";
import type { ConsoleMap } from "../map/console-map.ts";

/** The place of the map. The map itself is no component: it is made once and follows the state. */
export function MapView() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let map: ConsoleMap | undefined;
    let isGone = false;
    // The frame of the page is painted first: starting WebGL holds the thread up.
    requestAnimationFrame(() => setTimeout(() => void begin()));
    async function begin(): Promise<void> {
      const { createConsoleMap } = await import("../map/console-map.ts");
      if (isGone || place.current === null) return;
      map = createConsoleMap(place.current);
    }
    return () => {
      isGone = true;
      map?.[Symbol.dispose]();
    };
  }, []);
  return (
    <div
      ref={place}
      className="map"
      data-testid="map"
      role="application"
      aria-label="Map; its contents are in the table that follows"
    />
  );
}
