// Opening a folder that a process left behind, however it ended.

import type { FileSystem } from "./file-system.ts";
import { codeOf, isPassing, readFully } from "./file-system.ts";
import { seedOf } from "./frame.ts";
import { logOf, noteLoss, type Holdings } from "./holdings.ts";
import { createRegionCursor, cursorOf, type RegionCursor } from "./cursor.ts";
import { loadLedger, type GivenUp } from "./ledger.ts";
import {
  emptySegment,
  encodeSeal,
  parseSegmentName,
  readSeal,
  removeSegment,
  scanSegment,
  type Segment,
} from "./segment.ts";

export interface Recovered {
  readonly holdings: Holdings;
  readonly cursors: readonly RegionCursor[];
  /** The greatest epoch known to have been given out. */
  readonly lastEpoch: number;
  readonly runMs: number;
  readonly givenUp: readonly GivenUp[];
  readonly facts: RecoveryFacts;
}

/** What was found amiss; all of it is dealt with by the time this is read. */
export interface RecoveryFacts {
  /** Bytes at ends of segments that were no whole record: never acknowledged, cut off. */
  readonly tornBytes: number;
  /** Records in the middle of segments that were damaged. */
  readonly corruptRecords: number;
  /** Segments that could not be read at all. */
  readonly unreadableSegments: number;
  /** Why acknowledgements were forgotten, if they were. */
  readonly ledgerDamage: string | undefined;
}

export async function recover(
  config: {
    readonly directory: string;
    readonly edge: string;
    readonly regions: readonly string[];
  },
  deps: { readonly fileSystem: FileSystem },
): Promise<Recovered> {
  const { directory, edge } = config;
  const loaded = await loadLedger(deps.fileSystem, directory, edge);
  const ledger = loaded.kind === "read" ? loaded.ledger : undefined;
  const holdings: Holdings = new Map();
  for (const { epoch, class: reportClass, end, lost } of ledger?.epochs ?? []) {
    const log = logOf(holdings, epoch, reportClass);
    log.end = end;
    for (const { range, reason } of lost) {
      log.losses.push({ first: range[0], last: range[1], reason });
    }
  }
  const found = await readSegments(config, deps.fileSystem);
  let lastEpoch = ledger?.lastEpoch ?? 0;
  for (const segment of found.segments) {
    lastEpoch = Math.max(lastEpoch, segment.epoch);
    const log = logOf(holdings, segment.epoch, segment.class);
    log.segments.push(segment);
    log.end = Math.max(log.end, segment.last);
    for (const damage of segment.damaged) noteLoss(log, { ...damage, reason: "corrupt" });
  }
  const cursors = config.regions.map((region) => {
    const cursor = createRegionCursor(region);
    for (const { epoch, acked } of ledger?.regions[region] ?? []) {
      const sets = cursorOf(cursor, epoch);
      for (const [first, last] of acked) {
        sets.acked.add(first, last);
        sets.taken.add(first, last);
      }
    }
    return cursor;
  });
  return {
    holdings,
    cursors,
    lastEpoch,
    givenUp: ledger?.givenUp ?? [],
    runMs: ledger?.runMs ?? Math.max(0, ...found.segments.map((segment) => segment.writtenMs)),
    facts: {
      ...found.facts,
      ledgerDamage: loaded.kind === "damaged" ? loaded.detail : undefined,
    },
  };
}

async function readSegments(
  config: { readonly directory: string; readonly edge: string },
  fileSystem: FileSystem,
): Promise<{ segments: Segment[]; facts: Omit<RecoveryFacts, "ledgerDamage"> }> {
  const segments: Segment[] = [];
  let tornBytes = 0;
  let corruptRecords = 0;
  let unreadableSegments = 0;
  const names = await fileSystem.list(config.directory);
  // Names sort by class, epoch and first number.
  for (const name of names.toSorted()) {
    const facts = parseSegmentName(name);
    if (facts === undefined) continue;
    const segment = emptySegment(config.directory, name, { ...facts, nowMs: 0 });
    try {
      tornBytes += await readSegment(fileSystem, segment, seedOf(config.edge, facts.epoch));
    } catch (error) {
      // What could not be read is told as lost: better not to start than to say so of what is there.
      if (codeOf(error) === "" || isPassing(error)) throw error;
      unreadableSegments += 1;
      continue;
    }
    for (const { first, last } of segment.damaged) corruptRecords += last - first + 1;
    const previous = segments.at(-1);
    if (previous?.epoch === segment.epoch && previous.last >= segment.first) {
      // A file that was left after a failed sync; what follows was written again in this one.
      previous.last = segment.first - 1;
      previous.damaged = previous.damaged.filter(({ last }) => last < segment.first);
    }
    if (segment.last >= segment.first) segments.push(segment);
    else await removeSegment(fileSystem, segment);
  }
  return { segments, facts: { tornBytes, corruptRecords, unreadableSegments } };
}

/** Gives how many bytes at the end were cut off. */
async function readSegment(
  fileSystem: FileSystem,
  segment: Segment,
  seed: number,
): Promise<number> {
  const file = await fileSystem.open(segment.path, "write");
  try {
    segment.fileBytes = await file.sizeBytes();
    if (await readSeal(file, segment, seed)) return 0;
    const buffer = Buffer.allocUnsafe(segment.fileBytes);
    const read = await readFully(file, buffer, 0);
    const tornBytes = scanSegment(buffer.subarray(0, read), segment, seed);
    if (segment.last < segment.first) return tornBytes;
    try {
      await file.truncate(segment.end);
      const seal = encodeSeal(segment, seed);
      if ((await file.write(seal, segment.end)) === seal.length) {
        await file.sync();
        segment.isSealed = true;
        segment.fileBytes = segment.end + seal.length;
      }
    } catch {
      // No space for a seal: the segment is read through again at the next opening.
    }
    return tornBytes;
  } finally {
    await file.close();
  }
}
