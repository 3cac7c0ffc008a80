// The countries' names, the larger ones first as one comes nearer.

import { TextLayer } from "@deck.gl/layers";
import { placeNames } from "virtual:ground";
import type { MapPart, Stage } from "../stage.ts";
import { mapFont } from "./map-font.ts";

type PlaceName = (typeof placeNames)[number];

/** Square pixels that a country must have for its name. */
const PIXELS_MIN = 9_000;
/** From this zoom on one is inside of a country, and its name says nothing. */
const HIDDEN_FROM_ZOOM = 7;

export function createPlaceNames({ map, colors, restack }: Stage): MapPart {
  let step = -1;
  let layer: TextLayer<PlaceName> | undefined;

  function layerOf(names: readonly PlaceName[]): TextLayer<PlaceName> {
    const { placeName, halo } = colors();
    return new TextLayer<PlaceName>({
      id: "place-names",
      data: [...names],
      getText: ({ name }) => name.toUpperCase(),
      getPosition: ({ lon, lat }) => [lon, lat],
      getColor: [...placeName],
      getSize: 11,
      characterSet: "auto",
      ...mapFont([halo[0], halo[1], halo[2], 120]),
    });
  }

  function draw(): void {
    const zoom = map.getZoom();
    const pixelsOfDegree = (512 * 2 ** zoom) / 360;
    const shown = placeNames.filter(({ size }) => size * pixelsOfDegree ** 2 >= PIXELS_MIN);
    // Without a character there is no picture of characters to be drawn from.
    layer = zoom >= HIDDEN_FROM_ZOOM || shown.length === 0 ? undefined : layerOf(shown);
    restack();
  }

  function onZoom(): void {
    const next = Math.floor(map.getZoom() * 2);
    if (next === step) return;
    step = next;
    draw();
  }

  map.on("zoom", onZoom);
  onZoom();
  return {
    layers: () => (layer === undefined ? [] : [layer]),
    restyle: draw,
    [Symbol.dispose]: () => void map.off("zoom", onZoom),
  };
}
