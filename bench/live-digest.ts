// One number for what a table of movers says, whatever its order.

import { hashOfAsset } from "../core/model/asset-hash.ts";

export type MoverFacts = readonly [asset: string, at: number, lat: number, lon: number];

/** Equal for equal facts; below 2^53. */
export function digestOf(movers: () => Iterable<MoverFacts>): number {
  let sum = 0;
  for (const [asset, at, lat, lon] of movers()) {
    sum = (sum + hashOfAsset(`${asset}@${at},${lat},${lon}`)) % 2 ** 52;
  }
  return sum;
}
