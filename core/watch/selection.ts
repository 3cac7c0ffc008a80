import type { Selection } from "../model/zone.ts";

/** Which assets a zone or a rule means, ready to be asked for each report. */
export interface Selector {
  means(asset: string, kind: string): boolean;
  /** False when no asset of the kind can be meant. */
  mayMeanKind(kind: string): boolean;
}

const everything: Selector = { means: () => true, mayMeanKind: () => true };

/** An asset is meant by its kind or by itself; every asset is when neither list is given. */
export function selectorOf(selection: Selection | undefined): Selector {
  if (selection?.kinds === undefined && selection?.assets === undefined) return everything;
  const kinds = new Set(selection.kinds);
  const assets = new Set(selection.assets);
  const kindsOfAssets = new Set([...assets].map((asset) => asset.slice(0, asset.indexOf(":"))));
  return {
    means: (asset, kind) => kinds.has(kind) || assets.has(asset),
    mayMeanKind: (kind) => kinds.has(kind) || kindsOfAssets.has(kind),
  };
}
