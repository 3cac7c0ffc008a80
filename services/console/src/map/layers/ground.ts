// The ground follows the theme, and gets finer as one comes nearer.

import { GeoJSONSource } from "maplibre-gl";
import { groundUrls } from "virtual:ground";
import { paintOf } from "../ground-style.ts";
import type { MapPart, Stage } from "../stage.ts";

/** From which zoom on the fine ground is worth its bytes. */
const FINE_FROM_ZOOM = 5.2;

export function createGround({ map, colors }: Stage): MapPart {
  let shown = 0;

  function refine(): void {
    const wanted = map.getZoom() >= FINE_FROM_ZOOM ? 2 : 1;
    const url = groundUrls[wanted];
    const source = map.getSource("ground");
    if (wanted <= shown || url === undefined || !(source instanceof GeoJSONSource)) return;
    shown = wanted;
    void source.setData(url);
  }

  function restyle(): void {
    for (const [layer, property, value] of paintOf(colors())) {
      map.setPaintProperty(layer, property, value);
    }
  }

  map.on("idle", refine);
  return {
    restyle,
    [Symbol.dispose]: () => void map.off("idle", refine),
  };
}
