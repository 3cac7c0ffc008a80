// What the group `watch` writes down beside its offsets: the states of a partition's assets, as JSON
// under zstd. Read back only by this version of the code: what another one wrote is told and begun anew.

import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { stateBytesMax } from "@drover/core/stream/consumer";
import type { AssetWatch } from "./asset-watch.ts";

export interface EncodedNotes {
  readonly bytes: Uint8Array;
  /** Assets that no longer fitted; heard of least lately. Bound: drop-oldest. */
  readonly dropped: readonly string[];
}

/** Raised when what is written changes its meaning. */
const VERSION = 1;
/** An asset with every fix that is kept is about as long; a text far beyond the bound is not tried. */
const TEXT_MAX = 512 * 1024 * 1024;

/** Encodes all assets; where they do not fit, those heard of least lately are left out. */
export function encodeNotes(
  assets: ReadonlyMap<string, AssetWatch>,
  bytesMax: number = stateBytesMax,
): EncodedNotes {
  let kept = [...assets];
  const dropped: string[] = [];
  for (;;) {
    const bytes = compress(kept);
    if (bytes.length <= bytesMax || kept.length === 0) return { bytes, dropped };
    // A little less than would fit by proportion, so that one more try is the rule.
    const fitting = Math.floor((kept.length * 0.95 * bytesMax) / bytes.length);
    const newestFirst = kept.toSorted(([, a], [, b]) => b.at + b.lagMs - a.at - a.lagMs);
    kept = newestFirst.slice(0, fitting);
    for (const [asset] of newestFirst.slice(fitting)) dropped.push(asset);
  }
}

function compress(assets: readonly (readonly [string, AssetWatch])[]): Uint8Array {
  return zstdCompressSync(JSON.stringify({ version: VERSION, assets }));
}

/** The assets; undefined when it is not what this code writes. */
export function decodeNotes(bytes: Uint8Array): Map<string, AssetWatch> | undefined {
  try {
    const text = zstdDecompressSync(bytes, { maxOutputLength: TEXT_MAX }).toString("utf8");
    const notes: unknown = JSON.parse(text);
    return isNotes(notes) ? new Map(notes.assets) : undefined;
  } catch {
    return undefined;
  }
}

/** Written by this very code under a lease: the version vouches for what is inside. */
function isNotes(notes: unknown): notes is { readonly assets: [string, AssetWatch][] } {
  return (
    typeof notes === "object" &&
    notes !== null &&
    "version" in notes &&
    notes.version === VERSION &&
    "assets" in notes &&
    Array.isArray(notes.assets)
  );
}
