// The ground: land, borders and a graticule in calm colours, and whatever tiles the viewer wants over it.

import type { StyleSpecification } from "maplibre-gl";

export interface MapColors {
  readonly sea: string;
  readonly land: string;
  readonly border: string;
  readonly graticule: string;
  /** Text on the map, and what surrounds it: red, green, blue, alpha. */
  readonly label: readonly [number, number, number, number];
  readonly halo: readonly [number, number, number, number];
  /** Around signs, whose own colours are light. */
  readonly rim: readonly [number, number, number, number];
  readonly placeName: readonly [number, number, number, number];
  readonly accent: readonly [number, number, number, number];
}

export const mapColors: Readonly<Record<"dark" | "light", MapColors>> = {
  dark: {
    sea: "#0b1218",
    land: "#16212a",
    border: "#2c3c49",
    graticule: "#15212b",
    label: [226, 235, 241, 255],
    halo: [8, 14, 19, 235],
    rim: [5, 9, 13, 230],
    placeName: [120, 140, 154, 190],
    accent: [143, 227, 232, 255],
  },
  light: {
    sea: "#dce6ed",
    land: "#f8f9f7",
    border: "#c3cdd4",
    graticule: "#d0dde6",
    label: [23, 38, 50, 255],
    halo: [255, 255, 255, 235],
    rim: [24, 38, 49, 235],
    placeName: [108, 126, 140, 220],
    accent: [11, 119, 128, 255],
  },
};

/** Lines every `stepDeg` degrees. */
export function graticule(stepDeg: number): GeoJSON.MultiLineString {
  const coordinates: [number, number][][] = [];
  for (let lon = -180; lon <= 180; lon += stepDeg) {
    coordinates.push([
      [lon, -85],
      [lon, 85],
    ]);
  }
  for (let lat = -80; lat <= 80; lat += stepDeg) {
    coordinates.push([
      [-180, lat],
      [180, lat],
    ]);
  }
  return { type: "MultiLineString", coordinates };
}

/** The style with the ground of that address. */
export function groundStyle(colors: MapColors, groundUrl: string): StyleSpecification {
  return {
    version: 8,
    sources: {
      ground: { type: "geojson", data: groundUrl, tolerance: 0.3, maxzoom: 12 },
      graticule: { type: "geojson", data: graticule(10), maxzoom: 6 },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": colors.sea } },
      {
        id: "land",
        type: "fill",
        source: "ground",
        filter: ["==", ["get", "kind"], "land"],
        paint: { "fill-color": colors.land, "fill-antialias": false },
      },
      {
        id: "graticule",
        type: "line",
        source: "graticule",
        paint: { "line-color": colors.graticule, "line-width": 1 },
      },
      {
        id: "coast",
        type: "line",
        source: "ground",
        filter: ["==", ["get", "kind"], "land"],
        paint: { "line-color": colors.border, "line-width": 0.8 },
      },
      {
        id: "borders",
        type: "line",
        source: "ground",
        filter: ["==", ["get", "kind"], "border"],
        paint: { "line-color": colors.border, "line-width": 0.8, "line-dasharray": [3, 2] },
      },
    ],
  };
}

/** What of the style depends on the theme: layer, property, value. */
export const paintOf = (colors: MapColors) =>
  [
    ["sea", "background-color", colors.sea],
    ["land", "fill-color", colors.land],
    ["graticule", "line-color", colors.graticule],
    ["coast", "line-color", colors.border],
    ["borders", "line-color", colors.border],
  ] as const;
