// Reads entries and makes batches of them: many partitions in one insert, because large blocks are
// what makes ClickHouse cheap, and always whole entries, so that the same ranges give the same bytes.

import { freezeBatch } from "@drover/core/history/manifest";
import type { Batch, Manifest, ManifestRange, ManifestTarget } from "@drover/core/history/manifest";
import type { Entry, StreamLog } from "@drover/core/stream/log";

export interface IntakeConfig {
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** A batch with the entries it was made of. */
export interface Intake {
  readonly batch: Batch;
  readonly entries: readonly Entry[];
}

/** Fewer rows of one partition are not worth a read of their own while others wait. */
const SHARE_ROWS_MIN = 64;

/**
 * Reads what lies after `nexts`, at most as much as one insert takes. Every partition gets an equal
 * share, so that the backlog of one does not hold up the others.
 *
 * Gives one batch of rows and one of quarantined lines, where there are any.
 */
export async function takeBatches(
  config: IntakeConfig,
  stream: Pick<StreamLog, "read" | "quarantinePartition">,
  nexts: ReadonlyMap<number, number>,
): Promise<{ rows: Intake | undefined; quarantine: Intake | undefined }> {
  const share = {
    maxCount: Math.max(SHARE_ROWS_MIN, Math.floor(config.rowsMax / Math.max(1, nexts.size))),
    maxBytes: Math.max(65_536, Math.floor(config.bytesMax / Math.max(1, nexts.size))),
  };
  const reads = await Promise.all(
    [...nexts].map(async ([partition, next]) => stream.read(partition, next, share)),
  );
  const rows: Entry[][] = [];
  let quarantine: Intake | undefined;
  for (const entries of reads) {
    const [first] = entries;
    if (first === undefined) continue;
    if (first.partition === stream.quarantinePartition) {
      quarantine = intakeOf("quarantine", [entries]);
    } else rows.push([...entries]);
  }
  return { rows: rows.length === 0 ? undefined : intakeOf("reports", rows), quarantine };
}

function intakeOf(target: ManifestTarget, groups: readonly (readonly Entry[])[]): Intake {
  const ordered = groups.toSorted((a, b) => (a[0]?.partition ?? 0) - (b[0]?.partition ?? 0));
  const entries = ordered.flat();
  const ranges = ordered.flatMap(rangeOf);
  return {
    entries,
    batch: freezeBatch(
      target,
      ranges,
      entries.map((entry) => entry.bytes),
    ),
  };
}

function rangeOf(entries: readonly Entry[]): ManifestRange[] {
  const [first, last] = [entries[0], entries.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [[first.partition, first.offset, last.offset + last.count]];
}

/** Thrown when the stream gives other bytes for a range than it gave before. */
export class ManifestChangedError extends Error {
  override name = "ManifestChangedError";
}

/**
 * Reads a manifest's rows again.
 *
 * Undefined when a part of it was trimmed: that happens only behind a synced checkpoint, so
 * somebody has inserted it for good.
 *
 * @throws ManifestChangedError when the bytes are not those of its token.
 */
export async function rereadBatch(
  stream: Pick<StreamLog, "read">,
  manifest: Manifest,
): Promise<Batch | undefined> {
  const chunks: Uint8Array[] = [];
  for (const [partition, first, end] of manifest.ranges) {
    const entries = await readRange(stream, { partition, first, end });
    if (entries === undefined) return undefined;
    for (const entry of entries) chunks.push(entry.bytes);
  }
  const batch = freezeBatch(manifest.target, manifest.ranges, chunks);
  if (batch.manifest.token === manifest.token) return batch;
  throw new ManifestChangedError(
    `history: the stream holds other rows for manifest ${manifest.token} than when it was made`,
  );
}

/** Whole entries from `first` up to `end`; undefined when the first of them are gone. */
export async function readRange(
  stream: Pick<StreamLog, "read">,
  range: { readonly partition: number; readonly first: number; readonly end: number },
): Promise<readonly Entry[] | undefined> {
  const entries: Entry[] = [];
  let next = range.first;
  while (next < range.end) {
    const limits = { maxBytes: 16 * 1024 * 1024, maxCount: range.end - next };
    const read = await stream.read(range.partition, next, limits);
    const [first] = read;
    if (first === undefined || first.offset !== next) return undefined;
    for (const entry of read) {
      entries.push(entry);
      next = entry.offset + entry.count;
    }
  }
  return entries;
}
