// What the feed is asked for follows what is looked at: near the ground the box of the map and half as
// much around it, from afar everything.

import type { Map as GroundMap } from "maplibre-gl";
import { currentFeed } from "../session.ts";
import { bounds, boxOf, padded } from "./bounds.ts";
import { createSettle } from "./settle.ts";

const BOX_FROM_ZOOM = 6;
const PAD = 0.5;
const SETTLED = { afterMs: 300, latestMs: 2_000 };

/** Gives what stops it. */
export function createSubscription(map: GroundMap): () => void {
  let asked = "";
  const ask = (): void => {
    const box = map.getZoom() < BOX_FROM_ZOOM ? undefined : boxOf(padded(bounds(), PAD));
    const wanted = box === undefined ? {} : { box };
    const text = JSON.stringify(wanted);
    if (text === asked) return;
    asked = text;
    currentFeed()?.subscribe(wanted);
  };
  const settle = createSettle(SETTLED, ask);
  map.on("moveend", settle.later);
  ask();
  return () => settle[Symbol.dispose]();
}
