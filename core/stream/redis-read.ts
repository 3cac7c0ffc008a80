// Reads of the log on Redis: the index says which entries fit, then they are fetched at once.

import { z } from "zod";
import { kinds, lanes } from "./append-plan.ts";
import { StreamCorruptError } from "./log.ts";
import type { Entry, ReadLimits } from "./log.ts";
import type { RedisClient } from "./redis-client.ts";

export interface RedisReader {
  read(partition: number, offset: number, limits: ReadLimits): Promise<readonly Entry[]>;
  bounds(): Promise<readonly { start: number; end: number }[]>;
}

/** Entries looked at for one read; more only fit when they are tiny, and then come next time. */
const ENTRIES_MAX = 4_096;
const Strings = z.array(z.string());
const Found = z.array(z.tuple([z.instanceof(Uint8Array), z.array(z.instanceof(Uint8Array))]));

interface Place {
  readonly offset: number;
  readonly count: number;
  /** Bytes of the partition before this entry. */
  readonly before: number;
}

export function createRedisReader(deps: { client: RedisClient; partitions: number }): RedisReader {
  const { client, partitions } = deps;
  const heads = `${client.base}heads`;

  async function places(partition: number, offset: number): Promise<readonly Place[]> {
    const index = `${client.base}index:${partition}`;
    const holding = await client.call("ZREVRANGEBYSCORE", index, offset, "-inf", "LIMIT", 0, 1);
    const [holder] = Strings.parse(holding).map(placeOf);
    const from = holder && holder.offset + holder.count > offset ? holder.offset : offset;
    const found = await client.call("ZRANGEBYSCORE", index, from, "+inf", "LIMIT", 0, ENTRIES_MAX);
    return Strings.parse(found).map(placeOf);
  }

  async function read(
    partition: number,
    offset: number,
    limits: ReadLimits,
  ): Promise<readonly Entry[]> {
    const found = await places(partition, offset);
    const [first] = found;
    if (first === undefined) return [];
    const total = await client.call("HGET", heads, `z${partition}`);
    let last = first;
    for (const [index, place] of found.entries()) {
      const endBytes = found[index + 1]?.before ?? Number(total);
      if (index > 0 && place.offset + place.count - first.offset > limits.maxCount) break;
      if (index > 0 && endBytes - first.before > limits.maxBytes) break;
      last = place;
    }
    const key = `${client.base}log:${partition}`;
    const ids = [`${first.offset + 1}-0`, `${last.offset + 1}-0`];
    const answer = Found.parse(await client.callBytes("XRANGE", key, ...ids));
    return answer.map(([id, fields]) => entryOf(partition, id, fields));
  }

  return {
    read,
    async bounds() {
      const names = Array.from({ length: partitions + 1 }, (_, p) => [`s${p}`, `e${p}`]).flat();
      const answer = z
        .array(z.string().nullable())
        .parse(await client.call("HMGET", heads, ...names))
        .map(Number);
      return Array.from({ length: partitions + 1 }, (_, partition) => ({
        start: answer[partition * 2] ?? 0,
        end: answer[partition * 2 + 1] ?? 0,
      }));
    },
  };
}

/** "offset:count:appended at:bytes before" */
function placeOf(member: string): Place {
  const [offset = 0, count = 0, , before = 0] = member.split(":").map(Number);
  return { offset, count, before };
}

function entryOf(partition: number, id: Uint8Array, fields: readonly Uint8Array[]): Entry {
  const offset = Number.parseInt(Buffer.from(id).toString(), 10) - 1;
  const values = new Map<string, Uint8Array>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [name, value] = fields.slice(index, index + 2);
    if (name !== undefined && value !== undefined) values.set(Buffer.from(name).toString(), value);
  }
  const number = (name: string) => Number(Buffer.from(values.get(name) ?? []).toString());
  const kind = kinds[number("k")];
  const lane = lanes[number("l")];
  const bytes = values.get("b");
  if (kind === undefined || lane === undefined || bytes === undefined) {
    throw new StreamCorruptError("the log on Redis", `offset ${offset} of partition ${partition}`);
  }
  return { partition, offset, count: number("c"), kind, lane, appendedAt: number("t"), bytes };
}
