// A manifest says exactly which rows one insert carries: ranges of offsets, and a token made from
// their bytes. It is written down before the insert, so that after any failure the same insert can be
// made again and the database can tell that it is the same.

import { createHash } from "node:crypto";
import { z } from "zod";

const Offset = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** `[partition, first, end]`: offsets of one partition from `first` up to but not with `end`. */
export const ManifestRange = z
  .tuple([z.int().min(0).max(65_535), Offset, Offset])
  .refine(([, first, end]) => end > first, { error: "end must be after first" });
export type ManifestRange = z.infer<typeof ManifestRange>;

export const ManifestTarget = z.enum(["reports", "feed", "quarantine"]);
export type ManifestTarget = z.infer<typeof ManifestTarget>;

export const Manifest = z.strictObject({
  target: ManifestTarget,
  ranges: z.array(ManifestRange).min(1).max(65_536),
  /** The insert's deduplication token. */
  token: z.string().min(16).max(128),
});
export type Manifest = z.infer<typeof Manifest>;

/** A manifest with the bytes it stands for. */
export interface Batch {
  readonly manifest: Manifest;
  /** Entries back to back, in the order of the ranges. */
  readonly chunks: readonly Uint8Array[];
  readonly rows: number;
  readonly sizeBytes: number;
}

/** Freezes rows under a token. Equal bytes from equal places have equal tokens. */
export function freezeBatch(
  target: ManifestTarget,
  ranges: readonly ManifestRange[],
  chunks: readonly Uint8Array[],
): Batch {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([target, ranges]));
  let sizeBytes = 0;
  for (const chunk of chunks) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  const rows = ranges.reduce((sum, [, first, end]) => sum + end - first, 0);
  const token = `${target}-${hash.digest("base64url")}`;
  return { manifest: { target, ranges: [...ranges], token }, chunks, rows, sizeBytes };
}
