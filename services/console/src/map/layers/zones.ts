// Zones: drawn by the ground's own layers, their names and who is inside above. One that is disabled is
// dashed; one with an alert that stands is drawn stronger.

import { TextLayer } from "@deck.gl/layers";
import { GeoJSONSource } from "maplibre-gl";
import type { ExpressionSpecification } from "maplibre-gl";
import { createZoneSet, zonesAt } from "@drover/core/watch/zones/zone-set";
import type { Zone } from "@drover/core/model/zone";
import type { MoverTable } from "../../live/movers.ts";
import { store } from "../../state/store.ts";
import type { MapPart, Stage } from "../stage.ts";
import { outlineOf } from "../zone-outline.ts";
import { mapFont } from "./map-font.ts";

const USUAL_COLOR = "#4cc2c9";
const COUNT_EVERY_MS = 2_000;
/** Counting more than so many questions a round would be felt. */
const QUESTIONS_MAX = 30_000;
const SOURCE = "zones";

interface ZoneName {
  readonly id: string;
  readonly text: string;
  readonly position: [number, number];
}

export function createZones(stage: Stage, movers: MoverTable): MapPart {
  const { map } = stage;
  let shown: readonly Zone[] = [];
  let set = createZoneSet([]);
  let counts: ReadonlyMap<string, number> = new Map();
  let layer = layerOf([]);

  function layerOf(names: readonly ZoneName[]): TextLayer<ZoneName> {
    const { label, halo } = stage.colors();
    return new TextLayer<ZoneName>({
      id: "zone-names",
      data: [...names],
      getText: ({ text }) => text,
      getPosition: ({ position }) => position,
      getColor: [...label],
      getSize: 12,
      getAlignmentBaseline: "bottom",
      getPixelOffset: [0, -5],
      characterSet: "auto",
      ...mapFont(halo),
    });
  }

  function drawShapes(): void {
    const source = map.getSource(SOURCE);
    if (!(source instanceof GeoJSONSource)) return;
    const raised = store.getState().alerts.filter(({ state }) => state === "raised");
    const alarmed = new Set(raised.map(({ zone }) => zone));
    const features = shown.map((zone) => featureOf(zone, alarmed.has(zone.id)));
    void source.setData({ type: "FeatureCollection", features });
  }

  function drawNames(): void {
    layer = layerOf(shown.map((zone) => nameOf(zone, counts.get(zone.id))));
    stage.restack();
  }

  function follow(): void {
    const { zones, hiddenZones, draft } = store.getState();
    shown = zones.filter(({ id }) => !hiddenZones.includes(id) && id !== draft?.zone);
    set = createZoneSet(shown);
    drawShapes();
    count();
  }

  function count(): void {
    if (document.hidden || shown.length === 0 || movers.slots > QUESTIONS_MAX) counts = new Map();
    else counts = countInside(set, movers);
    drawNames();
  }

  const ready = (): void => {
    addGroundLayers(stage);
    follow();
  };
  // The ground may still be on its way; its style is all that is needed.
  map.once("style.load", ready);
  const timer = setInterval(count, COUNT_EVERY_MS);
  const unsubscribe = store.subscribe((now, before) => {
    const isOther =
      now.zones !== before.zones ||
      now.hiddenZones !== before.hiddenZones ||
      now.draft?.zone !== before.draft?.zone;
    if (isOther) follow();
    // An alert moves nothing into a zone or out of it: there is nothing to count anew.
    else if (now.alerts !== before.alerts) drawShapes();
  });
  return {
    // Without a character there is no picture of characters to be drawn from.
    layers: () => (shown.length > 0 ? [layer] : []),
    restyle: drawNames,
    [Symbol.dispose]() {
      clearInterval(timer);
      unsubscribe();
    },
  };
}

function addGroundLayers({ map }: Stage): void {
  const color: ExpressionSpecification = ["get", "color"];
  map.addSource(SOURCE, {
    type: "geojson",
    data: { type: "FeatureCollection", features: [] },
    // Circles are to look round.
    tolerance: 0.1,
  });
  map.addLayer({
    id: "zone-fill",
    type: "fill",
    source: SOURCE,
    paint: {
      "fill-color": color,
      "fill-opacity": ["case", ["get", "isAlarmed"], 0.26, ["get", "isEnabled"], 0.12, 0.04],
    },
  });
  const width: ExpressionSpecification = ["case", ["get", "isAlarmed"], 3, 1.6];
  map.addLayer({
    id: "zone-line",
    type: "line",
    source: SOURCE,
    filter: ["get", "isEnabled"],
    paint: { "line-color": color, "line-width": width },
  });
  map.addLayer({
    id: "zone-line-dashed",
    type: "line",
    source: SOURCE,
    filter: ["!", ["get", "isEnabled"]],
    paint: { "line-color": color, "line-width": 1.4, "line-dasharray": [3, 2] },
  });
}

function featureOf(zone: Zone, isAlarmed: boolean): GeoJSON.Feature {
  return {
    type: "Feature",
    properties: { color: zone.color ?? USUAL_COLOR, isEnabled: zone.isEnabled, isAlarmed },
    geometry: { type: "MultiPolygon", coordinates: outlineOf(zone.shape) },
  };
}

/** Written at the top of the first ring, where it hides the least. */
function nameOf(zone: Zone, inside: number | undefined): ZoneName {
  const ring = outlineOf(zone.shape)[0]?.[0] ?? [];
  let west = Infinity;
  let east = -Infinity;
  let north = -Infinity;
  for (const [lon, lat] of ring) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    north = Math.max(north, lat);
  }
  const text = inside === undefined ? zone.name : `${zone.name} · ${inside}`;
  return { id: zone.id, text, position: [(west + east) / 2, north] };
}

/** How many of what is in the table lies in each zone, by place and altitude alone. */
function countInside(
  set: ReturnType<typeof createZoneSet>,
  movers: MoverTable,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const { lon, lat, altitudeM } = movers.columns;
  for (let slot = 0; slot < movers.slots; slot++) {
    const at = { lon: lon[slot] ?? NaN, lat: lat[slot] ?? NaN };
    if (Number.isNaN(at.lon)) continue;
    const altitude = altitudeM[slot] ?? NaN;
    const place = Number.isNaN(altitude) ? at : { ...at, altitudeM: altitude };
    for (const id of zonesAt(set, place)) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}
