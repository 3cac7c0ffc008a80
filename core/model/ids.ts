// Identifiers. They are branded because mixing them up is silent.

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** `kind:id` in lower case, e.g. `aircraft:7c6b2d`, `station:wave-hill-07`. */
export type AssetId = Brand<string, "AssetId">;
/** The identity of a sender with an outbox, e.g. `edge-darwin`. */
export type EdgeId = Brand<string, "EdgeId">;

/** `kind` of an asset: 1 to 32 characters, a letter first. */
export const kindPattern = /^[a-z][a-z0-9-]{0,31}$/;
/** `kind:id`; the id may begin with `~` (a non-ICAO address of readsb). */
export const assetPattern = /^[a-z][a-z0-9-]{0,31}:[a-z0-9~][a-z0-9._~-]{0,63}$/;
/** Edge ids: 1 to 64 characters. */
export const edgePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** True when `text` is an asset id in its one canonical spelling. */
export function isAssetId(text: string): text is AssetId {
  return assetPattern.test(text);
}

/** True when `text` is an edge id. */
export function isEdgeId(text: string): text is EdgeId {
  return edgePattern.test(text);
}

/**
 * Makes an asset id from a kind and a device's own name: lower case, and every character that an
 * id cannot hold becomes `-`.
 *
 * @throws RangeError when nothing usable remains or the kind is not one.
 */
export function toAssetId(kind: string, name: string): AssetId {
  const id = name
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9._~-]/g, "-")
    .replace(/^[^a-z0-9~]+/, "")
    .slice(0, 64);
  const asset = `${kind}:${id}`;
  if (!isAssetId(asset)) {
    throw new RangeError(`asset: "${kind}:${name.slice(0, 80)}" is not kind:id in [a-z0-9._~-]`);
  }
  return asset;
}

/** The part of an asset id before the colon. */
export function kindOf(asset: string): string {
  return asset.slice(0, asset.indexOf(":"));
}
