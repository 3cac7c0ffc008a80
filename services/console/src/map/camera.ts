// Where the map looks: written into the state as it moves, moved by orders and by what is followed.

import type { Map as GroundMap } from "maplibre-gl";
import { follow, setView } from "../state/actions.ts";
import { takeOrders } from "../state/map-orders.ts";
import type { MapOrder } from "../state/map-orders.ts";
import { store } from "../state/store.ts";
import { setBounds } from "./bounds.ts";

export interface Camera extends Disposable {
  /** Keeps the middle on a place, when it is off by a pixel. */
  keepOn(lon: number, lat: number): void;
}

const FIT_PADDING_PIXELS = 60;
const FIT_ZOOM_MAX = 12;

const isStill = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

const release = (): void => follow(undefined);

/** `homeBox` gives what "everything" is at the moment. */
export function createCamera(
  map: GroundMap,
  homeBox: () => readonly [number, number, number, number] | undefined,
): Camera {
  let isOwnMove = false;
  const say = (): void => {
    const { lng, lat } = map.getCenter().wrap();
    isOwnMove = true;
    setView({
      lon: lng,
      lat,
      zoom: map.getZoom(),
      bearing: map.getBearing(),
      pitch: map.getPitch(),
    });
    isOwnMove = false;
    const box = map.getBounds();
    setBounds({
      west: box.getWest(),
      south: box.getSouth(),
      east: box.getEast(),
      north: box.getNorth(),
    });
  };
  const obey = (order: MapOrder): void => carryOut(map, order, homeBox);
  map.on("move", say);
  map.on("dragstart", release);
  map.on("resize", say);
  say();
  const stopOrders = takeOrders(obey);
  const unsubscribe = store.subscribe(({ view }, before) => {
    // Somebody went back, or opened another address.
    if (view === before.view || isOwnMove) return;
    map.jumpTo({ ...view, center: [view.lon, view.lat] });
  });
  return {
    keepOn(lon, lat) {
      if (map.isMoving()) return;
      const point = map.project([lon, lat]);
      const { clientWidth, clientHeight } = map.getContainer();
      const off = Math.hypot(point.x - clientWidth / 2, point.y - clientHeight / 2);
      if (off >= 1) map.jumpTo({ center: [lon, lat] });
    },
    [Symbol.dispose]() {
      stopOrders();
      unsubscribe();
    },
  };
}

function carryOut(
  map: GroundMap,
  order: MapOrder,
  homeBox: () => readonly [number, number, number, number] | undefined,
): void {
  const animate = !isStill();
  const fit = ([west, south, east, north]: readonly [number, number, number, number]): void => {
    map.fitBounds([west, south, east, north], {
      padding: FIT_PADDING_PIXELS,
      maxZoom: FIT_ZOOM_MAX,
      animate,
    });
  };
  switch (order.kind) {
    case "go": {
      const zoom = Math.max(map.getZoom(), order.zoom ?? 0);
      map.flyTo({ center: [order.lon, order.lat], zoom, duration: 900, animate });
      return;
    }
    case "fit":
      return fit(order.box);
    case "zoom":
      map.zoomTo(map.getZoom() + order.by, { duration: 200, animate });
      return;
    case "pan":
      map.panBy([order.x, order.y], { duration: 160, animate });
      return;
    case "north":
      map.easeTo({ bearing: 0, pitch: 0, animate });
      return;
    case "home": {
      const box = homeBox();
      if (box !== undefined) fit(box);
    }
  }
}
