// Appends to Redis, optimistically: the plan says that everything is new; one script either finds
// that true and writes all of it, or writes nothing and says what it had seen. Then the plan is made
// again without that. What was seen only grows, so it ends.
//
// Each plan has a token under which the server remembers its answer: sent again because the answer
// was lost, it is answered again and not done again.

import { randomUUID } from "node:crypto";
import type { Clock } from "../service/clock.ts";
import { bytesOf, checkBatch, planAppend } from "./append-plan.ts";
import type { Outcome, Plan, Sender } from "./append-plan.ts";
import { createAppendQueue } from "./append-queue.ts";
import type { AppendQueue, WaitingAppend } from "./append-queue.ts";
import { IntervalSet } from "./interval-set.ts";
import { EpochForgottenError, StreamFullError, TooManyGapsError } from "./log.ts";
import type { AppendBatch, AppendResult } from "./log.ts";
import type { RedisClient } from "./redis-client.ts";
import { appendScript } from "./redis-scripts.ts";
import type { StreamLimits } from "./stream-options.ts";

interface RedisSender extends Sender {
  /** What of its numbers the plan adds: first and last of each run. */
  readonly runs: IntervalSet;
  readonly fills: { first: number; last: number }[];
}

/** What the server said of a group of batches so far. */
interface Known {
  readonly seen: Map<string, IntervalSet>;
  readonly keys: Set<string>;
  readonly refused: Map<string, Error>;
}

interface Planned {
  readonly plan: Plan<RedisSender>;
  readonly senders: readonly RedisSender[];
  readonly keys: readonly string[];
  readonly ats: readonly number[];
}

const FULL_RETRY_MS = 5_000;
/** Each attempt learns what another process wrote meanwhile; more than a few are never seen. */
const ATTEMPTS_MAX = 50;

export interface RedisAppender {
  append(batch: AppendBatch): Promise<AppendResult>;
  idle(): Promise<void>;
}

export function createRedisAppender(
  config: StreamLimits & { readonly partitions: number },
  deps: { client: RedisClient; clock: Clock },
): RedisAppender {
  return new Appender(config, deps);
}

class Appender implements RedisAppender {
  readonly #config: StreamLimits & { readonly partitions: number };
  readonly #client: RedisClient;
  readonly #clock: Clock;
  readonly #queue: AppendQueue;
  #running: Promise<void> | undefined;

  constructor(
    config: StreamLimits & { readonly partitions: number },
    deps: { client: RedisClient; clock: Clock },
  ) {
    this.#config = config;
    this.#client = deps.client;
    this.#clock = deps.clock;
    this.#queue = createAppendQueue(config, () => {
      this.#running ??= this.#drain();
    });
  }

  async append(batch: AppendBatch): Promise<AppendResult> {
    checkBatch(batch, this.#config.partitions);
    return this.#queue.push(batch);
  }

  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #drain(): Promise<void> {
    // Callers of this turn go together.
    await Promise.resolve();
    for (let taken = this.#queue.takeAll(); taken.length > 0; taken = this.#queue.takeAll()) {
      await this.#write(taken);
    }
    this.#running = undefined;
  }

  async #write(taken: readonly WaitingAppend[]): Promise<void> {
    try {
      const outcome = await this.#settle(taken.map(({ batch }) => batch));
      for (const [index, { resolve, reject }] of taken.entries()) {
        const one = outcome[index];
        if (one === undefined) reject(new Error("append: no outcome"));
        else if (one instanceof Error) reject(one);
        else resolve(one);
      }
    } catch (error) {
      // A refusal of one batch must not take the others with it: each goes alone.
      if (taken.length > 1 && error instanceof TogetherError) {
        for (const one of taken) await this.#write([one]);
        return;
      }
      const reason = error instanceof TogetherError ? error.cause : error;
      for (const { reject } of taken) reject(reason);
    }
  }

  async #settle(batches: readonly AppendBatch[]): Promise<readonly (AppendResult | Error)[]> {
    const known: Known = { seen: new Map(), keys: new Set(), refused: new Map() };
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const planned = planWith(known, batches);
      const [word, ...rest] = String(await this.#send(planned)).split(" ");
      if (word === "ok") return results(planned, rest.map(Number));
      if (word === "full") throw new TogetherError(this.#full());
      if (word === "gaps") throw new TogetherError(this.#tooManyGaps(planned, rest.map(Number)));
      learn(known, planned, word, rest.map(Number));
    }
    throw new StreamFullError(`append: no end of overlaps after ${ATTEMPTS_MAX} tries`, 1_000);
  }

  #send({ plan, senders, keys, ats }: Planned): Promise<unknown> {
    const { sizeBytesMax, gapsMax, epochsMax } = this.#config;
    const told = {
      senders: senders.map(({ edge, epoch, runs, fills }) => ({
        edge,
        epoch,
        runs: runs.ranges().flatMap(({ first, last }) => [first, last]),
        fills: fills.flatMap(({ first, last }) => [first, last]),
      })),
      entries: plan.buckets.map(({ partition, count, kind, lane }) => ({
        p: partition,
        c: count,
        k: kind,
        l: lane,
      })),
      keys,
      ats,
      totals: plan.totals,
    };
    return this.#client.run(appendScript, [
      randomUUID(),
      this.#clock.now(),
      sizeBytesMax,
      gapsMax,
      epochsMax,
      JSON.stringify(told),
      ...plan.buckets.map(bytesOf),
    ]);
  }

  #full(): StreamFullError {
    const message = `append: the log is full: it may hold ${this.#config.sizeBytesMax} bytes`;
    return new StreamFullError(message, FULL_RETRY_MS);
  }

  #tooManyGaps({ senders }: Planned, [index = 0, through = 0, firstRange = 0]: number[]): Error {
    const sender = senders[index];
    const set = new IntervalSet();
    set.add(1, through);
    if (firstRange > 0) set.add(firstRange, firstRange);
    for (const { first, last } of sender?.runs.ranges() ?? []) set.add(first, last);
    for (const { first, last } of sender?.fills ?? []) set.add(first, last);
    const message = `append: too many holes in the numbers of ${sender?.edge}; the limit is ${this.#config.gapsMax}`;
    return new TooManyGapsError(
      message,
      set.firstGap() ?? { first: through + 1, last: through + 1 },
    );
  }
}

/** Something is wrong with one of the batches, and it is not known with which. */
class TogetherError extends Error {
  override name = "TogetherError";
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

const nameOf = ({ edge, epoch }: { edge: string; epoch: number }): string => `${epoch}:${edge}`;

function planWith(known: Known, batches: readonly AppendBatch[]): Planned {
  const senders = new Map<string, RedisSender>();
  const keys = new Map<string, number>();
  const plan = planAppend<RedisSender>(batches, {
    gapsMax: Number.POSITIVE_INFINITY,
    findSender(edge, epoch) {
      const name = nameOf({ edge, epoch });
      const error = known.refused.get(name);
      if (error !== undefined) return error;
      const found = senders.get(name);
      if (found !== undefined) return found;
      const seen = known.seen.get(name)?.clone() ?? new IntervalSet();
      const sender: RedisSender = { edge, epoch, seen, runs: new IntervalSet(), fills: [] };
      senders.set(name, sender);
      return sender;
    },
    addKey(key, at) {
      if (known.keys.has(key) || keys.has(key)) return false;
      keys.set(key, at);
      return true;
    },
    onSeen: ({ runs }, first, last) => runs.add(first, last),
    onGap: ({ fills }, first, last) => fills.push({ first, last }),
  });
  return { plan, senders: [...senders.values()], keys: [...keys.keys()], ats: [...keys.values()] };
}

function learn(known: Known, { senders, keys }: Planned, word = "", numbers: number[]): void {
  if (word === "keys") {
    for (const place of numbers) known.keys.add(keys[place] ?? "");
  } else if (word === "epoch") {
    const [index = 0, oldest = 0] = numbers;
    const sender = senders[index];
    if (sender === undefined) return;
    const { edge, epoch } = sender;
    known.refused.set(nameOf(sender), new EpochForgottenError(edge, epoch, oldest));
  } else if (word === "seen") {
    for (let place = 0; place + 2 < numbers.length; place += 3) {
      const [index = 0, first = 0, last = 0] = numbers.slice(place, place + 3);
      const sender = senders[index];
      if (sender === undefined) continue;
      const seen = known.seen.get(nameOf(sender)) ?? new IntervalSet();
      seen.add(first, last);
      known.seen.set(nameOf(sender), seen);
    }
  } else throw new Error(`append: Redis answered with "${word}"`);
}

function results({ plan, senders }: Planned, throughs: number[]): (AppendResult | Error)[] {
  return plan.outcomes.map((outcome: Outcome<RedisSender>) => {
    if (outcome.kind === "refused") return outcome.error;
    const { sender, counts } = outcome;
    return { ...counts, through: sender ? (throughs[senders.indexOf(sender)] ?? 0) : 0 };
  });
}
