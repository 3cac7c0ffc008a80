/** Partitions of reports when nothing else is said. Changing it moves assets between partitions. */
export const defaultPartitions = 24;

/** The partition of an asset: FNV-1a (32 bit) over its UTF-16 units, modulo the count. */
export function partitionOf(asset: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < asset.length; index++) {
    hash = Math.imul(hash ^ asset.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % partitions;
}
