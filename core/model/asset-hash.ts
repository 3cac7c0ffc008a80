// Two hashes of an asset id that together tell assets apart without keeping the id: FNV-1a, by
// which `core/stream/partition.ts` chooses a partition, and another over all but the colon.

/** Start of FNV-1a, 32 bit. */
export const hashStart = 0x811c9dc5;

/** One step of FNV-1a. */
export const hashStep = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x01000193);

/** One step of the other hash; it starts at 0. */
export const moreStep = (more: number, unit: number): number =>
  Math.imul(more + unit, 0x5bd1e995) ^ (more >>> 13);

/** The 53 bits of both: 32 of the first, the upper 21 of the second. Never 0. */
export const joinHashes = (hash: number, more: number): number =>
  (hash >>> 0) * 2 ** 21 + (more >>> 11) + 1;

/** The 53 bits of an asset. */
export function hashOfAsset(asset: string): number {
  let hash = hashStart;
  let more = 0;
  for (let index = 0; index < asset.length; index++) {
    const unit = asset.charCodeAt(index);
    hash = hashStep(hash, unit);
    if (unit !== 58) more = moreStep(more, unit);
  }
  return joinHashes(hash, more);
}
