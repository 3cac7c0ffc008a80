// Names beside movers: chosen a few times a second, moved with their signs in between.

import { TextLayer } from "@deck.gl/layers";
import type { MoverTable } from "../../live/movers.ts";
import { store } from "../../state/store.ts";
import { boundsOf } from "../bounds.ts";
import { placeLabels } from "../label-placement.ts";
import type { LabelWish } from "../label-placement.ts";
import type { MoverRows } from "../movers/mover-rows.ts";
import type { MapPart, Stage } from "../stage.ts";
import { mapFont } from "./map-font.ts";

const CHOOSE_EVERY_MS = 400;
/** More names than these are not written, however much room there is. */
const LABELS_MAX = { wide: 160, narrow: 60 };
/** With more movers in view names would say nothing. */
const IN_VIEW_MAX = 2_500;
const CHAR_PIXELS = 7;
const HEIGHT_PIXELS = 17;

interface Label {
  readonly slot: number;
  readonly text: string;
  readonly isSelected: boolean;
}

export interface LabelsPart extends MapPart {
  /** Signs have moved. */
  follow(): void;
}

export function createLabels(stage: Stage, movers: MoverTable, rows: MoverRows): LabelsPart {
  let labels: readonly Label[] = [];
  let layer = layerOf();
  let chosen = new Set<number>();

  function layerOf(): TextLayer<Label> {
    const { label, halo, accent } = stage.colors();
    const nowMs = stage.nowMs();
    return new TextLayer<Label>({
      id: "labels",
      data: [...labels],
      getText: ({ text }) => text,
      getPosition: ({ slot }) => [...rows.seen(slot, nowMs)],
      getColor: ({ isSelected }) => [...(isSelected ? accent : label)],
      getSize: 11,
      getPixelOffset: [12, 0],
      getTextAnchor: "start",
      characterSet: "auto",
      ...mapFont(halo),
    });
  }

  function wishes(): readonly LabelWish[] {
    const selected = new Set(store.getState().selected);
    const nowMs = stage.nowMs();
    return wantedSlots(movers, rows).map((slot) => {
      const [lon, lat] = rows.seen(slot, nowMs);
      const { x, y } = stage.map.project([lon, lat]);
      const widthPixels = (movers.labels[slot] ?? "").length * CHAR_PIXELS;
      const isSelected = selected.has(movers.assets[slot] ?? "");
      const rank = (isSelected ? 4 : 0) + (chosen.has(slot) ? 2 : 0);
      return { slot, x, y, widthPixels, rank };
    });
  }

  function choose(): void {
    if (document.hidden) return;
    const { clientWidth: width, clientHeight: height } = stage.map.getContainer();
    const countMax = width < 720 ? LABELS_MAX.narrow : LABELS_MAX.wide;
    const room = { width, height, countMax, heightPixels: HEIGHT_PIXELS };
    const slots = placeLabels(wishes(), room);
    if (slots.length === 0 && labels.length === 0) return;
    const { selected } = store.getState();
    chosen = new Set(slots);
    labels = slots.map((slot) => ({
      slot,
      text: movers.labels[slot] ?? "",
      isSelected: selected.includes(movers.assets[slot] ?? ""),
    }));
    follow();
  }

  function follow(): void {
    layer = layerOf();
    stage.restack();
  }

  const timer = setInterval(choose, CHOOSE_EVERY_MS);
  return {
    // Without a character there is no picture of characters to be drawn from.
    layers: () => (labels.length > 0 ? [layer] : []),
    follow: () => {
      if (labels.length > 0) follow();
    },
    restyle: follow,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** Slots in view whose names are wanted; of those selected alone when there are too many. */
function wantedSlots(movers: MoverTable, rows: MoverRows): readonly number[] {
  const state = store.getState();
  const isInView = boundsOf();
  const { lon, lat } = movers.columns;
  const isSeen = (slot: number): boolean =>
    rows.isDrawn(slot) && isInView(lon[slot] ?? NaN, lat[slot] ?? NaN);
  const selected = state.selected.flatMap((asset) => movers.slotOf(asset) ?? []).filter(isSeen);
  if (!state.labels) return selected;
  const found: number[] = [];
  for (let slot = 0; slot < movers.slots; slot++) if (isSeen(slot)) found.push(slot);
  return found.length > IN_VIEW_MAX ? selected : found;
}
