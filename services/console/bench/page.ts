// The page of `npm run bench map`: so many movers, each with a new report every second, on a map that
// stands still or is panned, so that every frame has to be drawn. Gives how long each frame took.

import { GeoJSONSource, Map as GroundMap, setWorkerCount, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { groundUrls } from "virtual:ground";
import { movers } from "../src/live/feed.ts";
import { bufferBytes, columnsOver } from "../src/live/patch.ts";
import { createConsoleMap } from "../src/map/console-map.ts";
import { groundStyle, mapColors } from "../src/map/ground-style.ts";
import { altitudeRamps, moverColor } from "../src/map/ramps.ts";
import { giveOrder } from "../src/state/map-orders.ts";
import { store } from "../src/state/store.ts";

export type Way = "drover" | "geojson";

export interface Run {
  readonly way: Way;
  readonly count: number;
  readonly seconds: number;
  readonly isPanned: boolean;
}

declare global {
  interface Window {
    runBench: (run: Run) => Promise<readonly number[]>;
  }
}

const VIEW = { lon: 134, lat: -25, zoom: 6.5, bearing: 0, pitch: 0 };
/** Within it lie all movers: a little more than the map shows. */
const SPAN = { lon: 13, lat: 7 };
const UPDATE_MS = 1_000;
const WARM_UP_MS = 3_000;

/** Places that move on by a step each second; a fixed sequence. */
function placesOf(count: number) {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const lon = Float64Array.from({ length: count }, () => VIEW.lon + (random() - 0.5) * SPAN.lon);
  const lat = Float64Array.from({ length: count }, () => VIEW.lat + (random() - 0.5) * SPAN.lat);
  const headingDeg = Float32Array.from({ length: count }, () => random() * 360);
  const altitudeM = Float32Array.from({ length: count }, () => random() * 12_000);
  const step = (): void => {
    for (let i = 0; i < count; i++) {
      const angle = ((headingDeg[i] ?? 0) * Math.PI) / 180;
      lon[i] = (lon[i] ?? 0) + Math.sin(angle) * 0.002;
      lat[i] = (lat[i] ?? 0) + Math.cos(angle) * 0.002;
    }
  };
  return { lon, lat, headingDeg, altitudeM, step };
}

type Places = ReturnType<typeof placesOf>;

interface Subject {
  readonly update: () => void;
  readonly pan: (x: number) => void;
}

function drover(place: HTMLElement, count: number, places: Places): Subject {
  store.setState({ view: VIEW });
  createConsoleMap(place);
  let isNamed = false;
  return {
    update() {
      const columns = columnsOver(new ArrayBuffer(bufferBytes(count)), count);
      columns.slots.set(Uint32Array.from({ length: count }, (_, i) => i));
      columns.at.fill(Date.now());
      columns.lon.set(places.lon);
      columns.lat.set(places.lat);
      columns.headingDeg.set(places.headingDeg);
      columns.altitudeM.set(places.altitudeM);
      columns.speedMps.fill(220);
      columns.climbMps.fill(NaN);
      const named = isNamed
        ? []
        : Array.from({ length: count }, (_, i) => [i, `aircraft:${i}`, `A${i}`] as const);
      isNamed = true;
      movers.apply({ ...columns, named, removed: [], kinds: ["aircraft"] });
    },
    pan: (x) => giveOrder({ kind: "pan", x, y: 0 }),
  };
}

function geojson(place: HTMLElement, count: number, places: Places): Subject {
  setWorkerUrl(workerUrl);
  setWorkerCount(1);
  const map = new GroundMap({
    container: place,
    style: groundStyle(mapColors.dark, groundUrls[0]),
    center: [VIEW.lon, VIEW.lat],
    zoom: VIEW.zoom,
    attributionControl: false,
    fadeDuration: 0,
  });
  map.once("load", () => {
    map.addImage("sign", triangle(), { sdf: true });
    map.addSource("movers", { type: "geojson", data: collection(count, places) });
    map.addLayer({
      id: "movers",
      type: "symbol",
      source: "movers",
      layout: {
        "icon-image": "sign",
        "icon-rotate": ["get", "heading"],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
      paint: { "icon-color": ["get", "color"] },
    });
  });
  return {
    update() {
      const source = map.getSource("movers");
      if (source instanceof GeoJSONSource) void source.setData(collection(count, places));
    },
    pan: (x) => void map.panBy([x, 0], { animate: false }),
  };
}

function triangle(): ImageData {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 24;
  const pen = canvas.getContext("2d");
  pen?.fill(new Path2D("M12 2L20 22L12 17L4 22Z"));
  return pen?.getImageData(0, 0, 24, 24) ?? new ImageData(24, 24);
}

function collection(count: number, places: Places): GeoJSON.FeatureCollection {
  const features = Array.from({ length: count }, (_, i): GeoJSON.Feature => {
    const altitudeM = places.altitudeM[i] ?? 0;
    const of = { kind: "aircraft", altitudeM, isOnGround: false };
    const color = `rgb(${moverColor(altitudeRamps.altitude, of).join(",")})`;
    const coordinates = [places.lon[i] ?? 0, places.lat[i] ?? 0];
    return {
      type: "Feature",
      properties: { heading: places.headingDeg[i] ?? 0, color },
      geometry: { type: "Point", coordinates },
    };
  });
  return { type: "FeatureCollection", features };
}

window.runBench = async ({ way, count, seconds, isPanned }) => {
  const place = document.getElementById("map");
  if (place === null) throw new Error("page: no place for the map");
  const places = placesOf(count);
  const subject = (way === "drover" ? drover : geojson)(place, count, places);
  const timer = setInterval(() => {
    places.step();
    subject.update();
  }, UPDATE_MS);
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS));
  const frames: number[] = [];
  await new Promise<void>((resolve) => {
    const startedAt = performance.now();
    let last = startedAt;
    requestAnimationFrame(function frame(now) {
      frames.push(now - last);
      last = now;
      if (now - startedAt > seconds * 1000) return resolve();
      if (isPanned) subject.pan(Math.sin(now / 400) * 3);
      requestAnimationFrame(frame);
    });
  });
  clearInterval(timer);
  return frames.slice(1);
};
