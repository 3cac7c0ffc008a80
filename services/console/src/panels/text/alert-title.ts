import type { Alert } from "@drover/core/model/alert";
import { movers } from "../../live/feed.ts";

/** An alert's title with the asset called as the map calls it, where the map knows it. */
export function alertTitle({ title, asset }: Pick<Alert, "title" | "asset">): string {
  if (asset === undefined) return title;
  const slot = movers.slotOf(asset);
  const label = slot === undefined ? undefined : movers.labels[slot];
  return label === undefined || label === "" ? title : title.replace(asset, label);
}
