import type { Selection } from "../../model/zone.ts";

/** True when the asset or its kind is listed; with nothing listed everything is meant. */
export function isSelected(
  selection: Selection | undefined,
  asset: { readonly asset: string; readonly kind: string },
): boolean {
  const kinds = selection?.kinds;
  const assets = selection?.assets;
  if (kinds === undefined && assets === undefined) return true;
  return kinds?.includes(asset.kind) === true || assets?.includes(asset.asset) === true;
}
