// The stream on a Redis server (7.0 or newer), for processes of several machines. The server is the
// single writer: what must be one step is one script (redis-scripts.ts).

import { randomUUID } from "node:crypto";
import { z } from "zod";
import { rowFormat } from "../model/row.ts";
import { createConsumer, memberOf } from "./consumer.ts";
import type { Membership, Renewal, Seat } from "./consumer.ts";
import type { Checkpoint, Consumer, GroupLag, ProducerStatus, StreamLog, Totals } from "./log.ts";
import { defaultPartitions } from "./partition.ts";
import { createRedisAppender } from "./redis-append.ts";
import { connectRedis } from "./redis-client.ts";
import type { RedisClient } from "./redis-client.ts";
import { createRedisReader } from "./redis-read.ts";
import {
  commitScript,
  ensureScript,
  enterScript,
  lagScript,
  leaveScript,
  renewScript,
  trimScript,
} from "./redis-scripts.ts";
import { createRedisWaiter } from "./redis-wait.ts";
import { partitionsMax } from "./sqlite-files.ts";
import { StreamConfigError, streamDefaults } from "./stream-options.ts";
import type { StreamDeps, StreamLimits, StreamOptions } from "./stream-options.ts";

interface Parts {
  readonly client: RedisClient;
  readonly options: StreamLimits;
  readonly partitions: number;
  readonly deps: StreamDeps;
  readonly consumers: Set<Consumer>;
}

/** `cjson` leaves a nil out. */
const RenewalAnswer = z.object({
  leases: z.array(z.object({ partition: z.number(), token: z.number() })).default([]),
  isReplaced: z.boolean(),
  hasGiven: z.boolean(),
  nextExpiryMs: z.number().optional(),
});
const Strings = z.array(z.string());
const LagAnswer = z.tuple([z.string(), Strings]);

/**
 * Opens the log on a server, or makes it; `?prefix=` names one of several logs on it.
 *
 * @throws StreamConfigError for a server that may forget what it acknowledged; StreamFullError when
 * it does not answer.
 */
export async function openRedisStream(
  url: string,
  given: StreamOptions,
  deps: StreamDeps,
): Promise<StreamLog> {
  const address = new URL(url);
  const prefix = address.searchParams.get("prefix") ?? "drover";
  address.search = "";
  const options = { ...streamDefaults, ...given };
  const { lockWaitMs: waitMs, allowVolatile } = options;
  const client = await connectRedis({ url: address.href, prefix, waitMs, allowVolatile }, deps);
  try {
    const partitions = await claim(client, given.partitions);
    return createLog({ client, options, partitions, deps, consumers: new Set() });
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }
}

/** The log's number of partitions; the first who opens it decides. */
async function claim(client: RedisClient, given: number | undefined): Promise<number> {
  const wanted = given ?? defaultPartitions;
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > partitionsMax) {
    throw new StreamConfigError(`stream: ${wanted} partitions; expected 1 to ${partitionsMax}`);
  }
  const meta = `${client.base}meta`;
  await claimFormat(client, meta);
  await client.call("HSETNX", meta, "partitions", wanted);
  const partitions = Number(await client.call("HGET", meta, "partitions"));
  if (given !== undefined && given !== partitions) {
    throw new StreamConfigError(
      `stream: ${client.base} has ${partitions} partitions, not ${given}; the number cannot change`,
    );
  }
  return partitions;
}

/** Rows of another form are refused; a log that holds none takes on ours. */
async function claimFormat(client: RedisClient, meta: string): Promise<void> {
  const heldBytes = Number((await client.call("HGET", `${client.base}heads`, "bytes")) ?? 0);
  if (heldBytes === 0) await client.call("HSET", meta, "format", rowFormat);
  const found = z
    .string()
    .nullable()
    .parse(await client.call("HGET", meta, "format"));
  if (found === String(rowFormat)) return;
  const form = found === null ? "an older form" : `form ${found}`;
  throw new StreamConfigError(
    `stream: ${client.base} holds rows of ${form}; this version reads form ${rowFormat}. ` +
      "Let the version that wrote them bring them all into history first",
  );
}

function createLog(parts: Parts): StreamLog {
  const { client, options, partitions, deps, consumers } = parts;
  const { base } = client;
  const appender = createRedisAppender({ ...options, partitions }, { client, clock: deps.clock });
  const reader = createRedisReader({ client, partitions });
  const waiter = createRedisWaiter({ client, clock: deps.clock });
  return {
    partitions,
    quarantinePartition: partitions,
    append: (batch) => appender.append(batch),
    read: (partition, offset, limits) => reader.read(partition, offset, limits),
    bounds: () => reader.bounds(),
    wait: (timeoutMs, signal) => waiter(timeoutMs, signal),
    join: (group, member) => join(parts, group, member),
    ensureGroup: (group) => ensureGroup(parts, group),
    lag: (group) => lag(parts, group),
    groups: async () => Strings.parse(await client.call("SMEMBERS", `${base}groups`)).toSorted(),
    trim: async () => Number(await client.run(trimScript, [partitions + 1])),
    async forgetKeysBefore(atMs) {
      await client.call("ZREMRANGEBYSCORE", `${base}keys`, "-inf", `(${atMs}`);
    },
    totals: () => totals(client),
    producers: (limit) => producers(client, limit),
    sizeBytes: async () => Number((await client.call("HGET", `${base}heads`, "bytes")) ?? 0),
    async [Symbol.asyncDispose]() {
      for (const consumer of consumers) await consumer.leave().catch(() => {});
      await appender.idle();
      await client[Symbol.asyncDispose]();
    },
  };
}

async function ensureGroup({ client, partitions }: Parts, group: string): Promise<void> {
  await client.run(ensureScript, [group, partitions + 1]);
}

async function join(parts: Parts, group: string, member: string): Promise<Consumer> {
  const { client, options, partitions, deps, consumers } = parts;
  const { leaseMs } = options;
  const count = partitions + 1;
  await ensureGroup(parts, group);
  const membership: Membership = { group, member, session: `${member}/${randomUUID()}` };
  const { session } = membership;
  const channel = `${client.base}hint:${group}`;
  let onHint: (() => void) | undefined;
  const hints = await client.listen(channel, () => onHint?.());
  await client.run(enterScript, [group, member, session, leaseMs, count]);
  const seat: Seat = {
    renew: () => renew(client, [group, member, session, leaseMs, count]),
    checkpoint: (partition) => checkpoint(client, group, partition),
    commit: (changes) => commit(client, membership, changes),
    async leave() {
      await client.run(leaveScript, [group, member, session, count]);
      consumers.delete(consumer);
    },
    hint() {
      // Members also look by themselves: a hint that is lost costs time, nothing else.
      client.call("PUBLISH", channel, "1").catch(() => {});
    },
    onHint(listener) {
      onHint = listener;
      return hints;
    },
  };
  const consumer = await createConsumer(options, { seat, clock: deps.clock });
  consumers.add(consumer);
  return consumer;
}

async function renew(client: RedisClient, args: readonly (string | number)[]): Promise<Renewal> {
  const answer = RenewalAnswer.parse(JSON.parse(String(await client.run(renewScript, args))));
  return { ...answer, nextExpiryMs: answer.nextExpiryMs };
}

async function checkpoint(
  client: RedisClient,
  group: string,
  partition: number,
): Promise<Checkpoint> {
  const offsets = await client.call(
    "HMGET",
    `${client.base}group:${group}`,
    `c${partition}`,
    `s${partition}`,
  );
  const [committed, synced] = Strings.parse(offsets).map(Number);
  const state = await client.callBytes("HGET", `${client.base}state:${group}`, partition);
  return {
    committed: committed ?? 0,
    synced: synced ?? 0,
    state: state instanceof Uint8Array ? state : undefined,
  };
}

/** Answers with the partition that was lost, if one was; then nothing was written. */
async function commit(
  client: RedisClient,
  { group, session }: Membership,
  changes: Parameters<Seat["commit"]>[0],
): Promise<number | undefined> {
  const told = changes.map(({ lease, change }) => ({
    p: lease.partition,
    token: lease.token,
    committed: change.committed ?? 0,
    synced: change.synced ?? 0,
    state: change.state !== undefined ? "put" : "state" in change ? "drop" : "keep",
  }));
  const states = changes.flatMap(({ change }) =>
    change.state === undefined ? [] : [change.state],
  );
  const answer = await client.run(commitScript, [group, session, JSON.stringify(told), ...states]);
  const lost = Number(answer);
  return lost === -1 ? undefined : lost;
}

async function lag({ client, partitions, deps }: Parts, group: string): Promise<GroupLag> {
  const answer = LagAnswer.parse(await client.run(lagScript, [group, partitions + 1]));
  const [members, values] = answer;
  const now = deps.clock.now();
  let reports = 0;
  let oldestAt = now;
  const perPartition = Array.from({ length: partitions + 1 }, (_, partition) => {
    const [end, committed, synced, owner = "", oldest = ""] = values.slice(partition * 5);
    reports += Number(end) - Number(committed);
    if (oldest !== "") oldestAt = Math.min(oldestAt, Number(oldest));
    return {
      partition,
      end: Number(end),
      committed: Number(committed),
      synced: Number(synced),
      owner: owner === "" ? undefined : memberOf(owner),
    };
  });
  return { group, reports, oldestAgeMs: now - oldestAt, members: Number(members), perPartition };
}

async function totals(client: RedisClient): Promise<Totals> {
  const names = ["accepted", "duplicates", "quarantined"] as const;
  const answer = await client.call("HMGET", `${client.base}totals`, ...names);
  const [accepted = 0, duplicates = 0, quarantined = 0] = z
    .array(z.string().nullable())
    .parse(answer)
    .map(Number);
  return { accepted, duplicates, quarantined };
}

async function producers(client: RedisClient, limit: number): Promise<ProducerStatus[]> {
  if (limit < 1) return [];
  const answer = await client.call(
    "ZREVRANGE",
    `${client.base}senders`,
    0,
    limit - 1,
    "WITHSCORES",
  );
  const flat = Strings.parse(answer);
  const names = flat.filter((_, index) => index % 2 === 0);
  return Promise.all(
    names.map(async (name, index) => {
      const colon = name.indexOf(":");
      const through = await client.call("HGET", `${client.base}sender:${name}`, "t");
      const gaps = await client.call("ZCARD", `${client.base}ranges:${name}`);
      return {
        edge: name.slice(colon + 1),
        epoch: Number(name.slice(0, colon)),
        through: Number(through),
        gaps: Number(gaps),
        lastAppendAt: Number(flat[index * 2 + 1]),
      };
    }),
  );
}
