// A shape that is being drawn or edited: its outline, and what of it can be taken hold of.

import { PathLayer, ScatterplotLayer, SolidPolygonLayer } from "@deck.gl/layers";
import { shapeOf } from "../../state/draft.ts";
import { store } from "../../state/store.ts";
import type { Draft } from "../../state/store.ts";
import { gripsOf } from "../draft-grips.ts";
import type { Grip } from "../draft-grips.ts";
import { createPen } from "../draft-pen.ts";
import type { MapPart, Stage } from "../stage.ts";
import { outlineOf, unwrapped } from "../zone-outline.ts";

export function createDraft(stage: Stage): MapPart {
  const { map } = stage;
  let layers = layersOf(undefined, stage);

  function draw(): void {
    const { draft } = store.getState();
    layers = layersOf(draft, stage);
    map.getContainer().classList.toggle("drawing", draft !== undefined);
    if (draft === undefined) map.doubleClickZoom.enable();
    else map.doubleClickZoom.disable();
    stage.restack();
  }

  const stopPen = createPen(map);
  const unsubscribe = store.subscribe(({ draft }, before) => {
    if (draft !== before.draft) draw();
  });
  return {
    layers: () => layers,
    restyle: draw,
    [Symbol.dispose]() {
      stopPen();
      unsubscribe();
    },
  };
}

function layersOf(draft: Draft | undefined, { colors }: Stage) {
  const { accent, halo } = colors();
  const shape = draft && shapeOf(draft);
  const rings = shape === undefined ? [] : outlineOf(shape).flat();
  const open = draft !== undefined && shape === undefined ? [unwrapped(draft.points)] : [];
  const grips = draft === undefined ? [] : [...gripsOf(draft)];
  return [
    new SolidPolygonLayer<[number, number][]>({
      id: "draft-fill",
      data: rings,
      getPolygon: (ring) => ring,
      getFillColor: [accent[0], accent[1], accent[2], 50],
    }),
    new PathLayer<[number, number][]>({
      id: "draft-line",
      data: [...rings, ...open],
      getPath: (path) => path,
      getColor: [...accent],
      getWidth: 2,
      widthUnits: "pixels",
    }),
    new ScatterplotLayer<Grip>({
      id: "draft-grips",
      data: grips,
      getPosition: ({ place }) => [place[0], place[1]],
      getRadius: ({ kind }) => (kind === "between" ? 3.5 : 6),
      radiusUnits: "pixels",
      getFillColor: ({ kind }) => (kind === "between" ? [...accent] : [...halo]),
      getLineColor: [...accent],
      getLineWidth: 2,
      lineWidthUnits: "pixels",
      stroked: true,
    }),
  ] as const;
}
