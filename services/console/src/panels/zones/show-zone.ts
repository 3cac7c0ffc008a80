import type { Zone, ZoneShape } from "@drover/core/model/zone";
import { fitTo } from "../../state/map-orders.ts";
import { boxOf } from "./box-of.ts";

/** Moves the map so that a zone fills most of it. */
export function showZone({ shape }: Pick<Zone, "shape">): void {
  showShape(shape);
}

export function showShape(shape: ZoneShape): void {
  fitTo(boxOf(shape));
}
