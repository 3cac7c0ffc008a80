// What the group `history` writes down beside its offsets, per partition and in the same transaction:
// which inserts may be on their way, how far the views have been fed, and since which start of the
// database's machine that holds.

import { z } from "zod";
import { Manifest } from "@drover/core/history/manifest";
import type { Checkpoint } from "@drover/core/stream/log";

const Notes = z.strictObject({
  version: z.literal(1),
  /** Of the database's machine; absent where the database makes no checkpoints. */
  boot: z.string().max(200).optional(),
  /** Everything before this offset went through the views. */
  fed: z.int().min(0),
  /** An insert into `reports` or `quarantine` that was begun and is not committed. */
  inserting: Manifest.optional(),
  /** The same, into the feed of the views. */
  feeding: Manifest.optional(),
});
export type Notes = z.infer<typeof Notes>;

/** Thrown when a checkpoint's state is not one of ours. */
export class NotesError extends Error {
  override name = "NotesError";
}

export function encodeNotes(notes: Omit<Notes, "version">): Uint8Array {
  return Buffer.from(JSON.stringify({ version: 1, ...notes }));
}

/** Notes of a checkpoint; undefined for a partition that nobody has worked on. @throws NotesError */
export function decodeNotes(checkpoint: Checkpoint): Notes | undefined {
  if (checkpoint.state === undefined) return undefined;
  try {
    return Notes.parse(JSON.parse(Buffer.from(checkpoint.state).toString("utf8")));
  } catch (error) {
    throw new NotesError("history: a checkpoint's state cannot be read", { cause: error });
  }
}
