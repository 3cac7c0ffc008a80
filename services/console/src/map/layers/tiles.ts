// Raster tiles over the ground, where the viewer names some: by z/x/y, or out of one PMTiles file.

import { addProtocol } from "maplibre-gl";
import type { ErrorEvent, Map as GroundMap, RasterSourceSpecification } from "maplibre-gl";
import { toast } from "../../state/actions.ts";
import { store } from "../../state/store.ts";
import type { MapPart, Stage } from "../stage.ts";

const ID = "tiles";
/** Names, borders and what moves stay above. */
const BELOW = "graticule";

let hasProtocol = false;

export function createTiles({ map }: Stage): MapPart {
  let failed = "";

  async function follow(): Promise<void> {
    const { tiles } = store.getState();
    if (map.getLayer(ID) !== undefined) map.removeLayer(ID);
    if (map.getSource(ID) !== undefined) map.removeSource(ID);
    if (tiles === undefined) return;
    const source = await sourceOf(new URL(tiles, location.href));
    // Another address may have been given meanwhile.
    if (store.getState().tiles === tiles && map.getSource(ID) === undefined) show(map, source);
  }

  function onError(event: ErrorEvent): void {
    const { tiles = "" } = store.getState();
    const isOurs = "sourceId" in event && event.sourceId === ID;
    if (!isOurs || failed === tiles) return;
    failed = tiles;
    toast("The map's tiles could not be loaded; does the server let pages ask their origin?");
  }

  map.once("style.load", () => void follow());
  map.on("error", onError);
  const unsubscribe = store.subscribe((now, before) => {
    if (now.tiles !== before.tiles) void follow();
  });
  return { [Symbol.dispose]: unsubscribe };
}

function show(map: GroundMap, source: RasterSourceSpecification): void {
  map.addSource(ID, source);
  map.addLayer({ id: ID, type: "raster", source: ID }, BELOW);
}

async function sourceOf(address: URL): Promise<RasterSourceSpecification> {
  if (!address.pathname.endsWith(".pmtiles")) {
    // The braces of z, x and y are not for escaping.
    return { type: "raster", tiles: [decodeURI(address.href)], tileSize: 256, maxzoom: 19 };
  }
  const { Protocol } = await import("pmtiles");
  if (!hasProtocol) addProtocol("pmtiles", new Protocol().tile);
  hasProtocol = true;
  return { type: "raster", url: `pmtiles://${address.href}`, tileSize: 256 };
}
