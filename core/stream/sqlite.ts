// The stream in a SQLite file: the embedded default, used by several processes of one machine at
// once. What is durable when, and who writes, is told in docs/decisions/0003-stream.md.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Clock } from "../service/clock.ts";
import { createConsumer, memberOf } from "./consumer.ts";
import type { LeasedChange, Membership, Seat } from "./consumer.ts";
import type { Consumer, GroupLag, StreamLog } from "./log.ts";
import { defaultPartitions } from "./partition.ts";
import { createAppender } from "./sqlite-append.ts";
import { createBell } from "./sqlite-bell.ts";
import type { Bell } from "./sqlite-bell.ts";
import { createCheckpointer } from "./sqlite-checkpoint.ts";
import { groupsPathOf, openFiles, partitionStride, walBytesMax } from "./sqlite-files.ts";
import type { SqliteFiles } from "./sqlite-files.ts";
import { createSqliteGroups } from "./sqlite-groups.ts";
import type { SqliteGroups } from "./sqlite-groups.ts";
import { createHeads } from "./sqlite-heads.ts";
import { createProducers } from "./sqlite-producers.ts";
import { createSqliteReader } from "./sqlite-read.ts";
import type { SqliteReader } from "./sqlite-read.ts";
import { createWaiter } from "./sqlite-wait.ts";
import { createSqliteWriter } from "./sqlite-writer.ts";
import type { SqliteWriter } from "./sqlite-writer.ts";
import { streamDefaults } from "./stream-options.ts";
import type { StreamDeps, StreamLimits, StreamOptions } from "./stream-options.ts";

const WRITES_QUEUED_MAX = 4_096;
const PRODUCERS_KEPT_MAX = 1_024;
/** The write-ahead log is brought into the file each time it has grown by so much. */
const LOG_CHECKPOINT_BYTES = 16 * 1024 ** 2;
const GROUPS_CHECKPOINT_BYTES = 8 * 1024 ** 2;
/** Entries removed by one transaction of a trim, so that appends get their turn between. */
const TRIM_ENTRIES = 256;
const KEYS_FORGOTTEN_AT_ONCE = 5_000;

interface Parts {
  readonly options: StreamLimits;
  readonly clock: Clock;
  readonly files: SqliteFiles;
  readonly writer: SqliteWriter;
  readonly groupsWriter: SqliteWriter;
  readonly groups: SqliteGroups;
  readonly reader: SqliteReader;
  readonly bell: Bell;
  readonly groupsBell: Bell;
  readonly walBytes: () => number;
  /** Told of what was written to the log and to the groups, for their checkpoints. */
  readonly wrote: (sizeBytes: number) => void;
  readonly groupsWrote: (sizeBytes: number) => void;
  readonly consumers: Set<Consumer>;
}

/**
 * Opens or makes the log at `path`; the groups' file stands beside it.
 *
 * @throws StreamCorruptError, StreamConfigError
 */
export async function openSqliteStream(
  path: string,
  given: StreamOptions,
  deps: StreamDeps,
): Promise<StreamLog> {
  const options = { ...streamDefaults, ...given };
  const { clock } = deps;
  const files = await openFiles({ path, partitions: given.partitions, defaultPartitions, clock });
  const { lockWaitMs } = options;
  const writing = { lockWaitMs, queuedMax: WRITES_QUEUED_MAX };
  const groupsPath = groupsPathOf(files.path);
  const checkpointer = createCheckpointer(
    { path: files.path, eachBytes: LOG_CHECKPOINT_BYTES, walBytesMax },
    files.reader,
  );
  const groupsCheckpointer = createCheckpointer(
    { path: groupsPath, eachBytes: GROUPS_CHECKPOINT_BYTES, walBytesMax },
    files.groupsReader,
  );
  const writer = createSqliteWriter(
    { path: files.path, ...writing },
    { database: files.log, clock, isCrowded: () => checkpointer.walBytes() > 1.25 * walBytesMax },
  );
  const groupsWriter = createSqliteWriter(
    { path: groupsPath, ...writing },
    { database: files.groups, clock, isCrowded: () => false },
  );
  const parts: Parts = {
    options,
    clock,
    files,
    writer,
    groupsWriter,
    groups: createSqliteGroups(files),
    reader: createSqliteReader(files),
    bell: createBell(`${files.path}-bell`),
    groupsBell: createBell(`${groupsPath}-bell`),
    walBytes: () => checkpointer.walBytes(),
    wrote: (sizeBytes) => checkpointer.wrote(sizeBytes),
    groupsWrote: (sizeBytes) => groupsCheckpointer.wrote(sizeBytes),
    consumers: new Set(),
  };
  return createLog(parts);
}

function createLog(parts: Parts): StreamLog {
  const { wrote } = parts;
  const { files, writer, groupsWriter, groups, reader, bell, groupsBell, options, clock } = parts;
  const producers = createProducers(
    { epochsMax: options.epochsMax, keptMax: PRODUCERS_KEPT_MAX },
    files.log,
  );
  const append = createAppender(
    { ...options, partitions: files.partitions },
    {
      database: files.log,
      writer,
      heads: createHeads(files.log, files.partitions),
      producers,
      now: () => clock.now(),
      sizeBytes: () => reader.usedBytes() + parts.walBytes(),
      onCommit(sizeBytes) {
        bell.ring();
        wrote(sizeBytes);
      },
    },
  );
  const forget = files.log.prepare(
    "DELETE FROM keys WHERE key IN (SELECT key FROM keys WHERE at < ? LIMIT ?)",
  );
  const log: StreamLog = {
    partitions: files.partitions,
    quarantinePartition: files.partitions,
    append,
    read: async (partition, offset, limits) => reader.read(partition, offset, limits),
    bounds: async () => reader.bounds(),
    wait: createWaiter({ bell, clock, version: () => reader.version() }),
    join: (group, member) => join(parts, group, member),
    ensureGroup: (group) => ensureGroup(parts, group),
    lag: async (group) => lag(parts, group),
    groups: async () => groups.names(),
    trim: () => trim(parts),
    async forgetKeysBefore(atMs) {
      for (;;) {
        const changes = await writer.run(() => forget.run(atMs, KEYS_FORGOTTEN_AT_ONCE).changes);
        wrote(0);
        if (Number(changes) < KEYS_FORGOTTEN_AT_ONCE) return;
      }
    },
    totals: async () => reader.totals(),
    producers: async (limit) => producers.list(limit),
    sizeBytes: async () => reader.usedBytes() + parts.walBytes(),
    async [Symbol.asyncDispose]() {
      for (const consumer of parts.consumers) await consumer.leave().catch(() => {});
      await Promise.all([writer.idle(), groupsWriter.idle()]);
      bell[Symbol.dispose]();
      groupsBell[Symbol.dispose]();
      files.close();
    },
  };
  return log;
}

async function ensureGroup({ groupsWriter, groups, reader }: Parts, group: string): Promise<void> {
  if (groups.names().includes(group)) return;
  await groupsWriter.run(() => {
    groups.ensure(
      group,
      reader.bounds().map(({ start }) => start),
    );
  });
}

async function join(parts: Parts, group: string, member: string): Promise<Consumer> {
  const { groupsWriter, groups, groupsBell, reader, clock, options } = parts;
  const { leaseMs } = options;
  await ensureGroup(parts, group);
  const membership: Membership = { group, member, session: `${member}/${randomUUID()}` };
  await groupsWriter.run(() => groups.enter(membership, clock.now() + leaseMs));
  const seat: Seat = {
    renew: () => groupsWriter.run(() => groups.renew(membership, { now: clock.now(), leaseMs })),
    checkpoint: async (partition) => groups.checkpoint(group, partition),
    async commit(changes) {
      assertBelowEnd(changes, reader);
      const lost = await groupsWriter.run(() => groups.commit(membership, changes));
      let sizeBytes = 0;
      for (const { change } of changes) sizeBytes += change.state?.length ?? 0;
      parts.groupsWrote(sizeBytes);
      return lost;
    },
    async leave() {
      await groupsWriter.run(() => groups.leave(membership));
      parts.consumers.delete(consumer);
    },
    hint: () => groupsBell.ring(),
    onHint: (listener) => groupsBell.listen(listener),
  };
  const consumer = await createConsumer(options, { seat, clock });
  parts.consumers.add(consumer);
  return consumer;
}

/** A position beyond the end would hide the reports that are appended next. */
function assertBelowEnd(changes: readonly LeasedChange[], reader: SqliteReader): void {
  const bounds = reader.bounds();
  for (const { lease, change } of changes) {
    const end = bounds[lease.partition]?.end ?? 0;
    const furthest = Math.max(change.committed ?? 0, change.synced ?? 0);
    assert(
      furthest <= end,
      `commit: offset ${furthest} of ${lease.partition}, which ends at ${end}`,
    );
  }
}

function lag({ groups, reader, clock }: Parts, group: string): GroupLag {
  const now = clock.now();
  const members = groups.members(group, now);
  // Positions first: an append between the two looks makes the lag larger, never negative.
  const positions = new Map(groups.positions(group).map((one) => [one.partition, one]));
  let reports = 0;
  let oldestAt = now;
  const perPartition = reader.bounds().map(({ start, end }, partition) => {
    const position = positions.get(partition);
    const committed = position?.committed ?? start;
    const synced = position?.synced ?? start;
    reports += end - committed;
    if (committed < end)
      oldestAt = Math.min(oldestAt, reader.appendedAt(partition, committed) ?? now);
    const owner = position?.owner === undefined ? undefined : memberOf(position.owner);
    return { partition, end, committed, synced, owner };
  });
  return { group, reports, oldestAgeMs: now - oldestAt, members, perPartition };
}

/** Both files change in an order that a crash between them cannot harm: a floor only says "not below". */
async function trim({ files, writer, groupsWriter, groups, wrote }: Parts): Promise<number> {
  if (groups.names().length === 0) return 0;
  const floors = await groupsWriter.run(() => groups.raiseFloors());
  const find = files.log.prepare(
    "SELECT id, count FROM entries WHERE id >= ? AND id < ? AND id + count <= ? ORDER BY id LIMIT ?",
  );
  const remove = files.log.prepare("DELETE FROM entries WHERE id >= ? AND id <= ?");
  const move = files.log.prepare('UPDATE heads SET "start" = ? WHERE partition = ?');
  let removed = 0;
  for (const [partition, floor] of floors) {
    const base = partition * partitionStride;
    for (;;) {
      const rows = find.all(base, base + floor, base + floor, TRIM_ENTRIES);
      const last = rows.at(-1);
      if (last === undefined) break;
      const end = Number(last["id"]) + Number(last["count"]);
      await writer.run(() => {
        remove.run(base, Number(last["id"]));
        move.run(end - base, partition);
      });
      wrote(0);
      for (const row of rows) removed += Number(row["count"]);
      if (rows.length < TRIM_ENTRIES) break;
    }
  }
  return removed;
}
