// The connection to Redis: scripts run by their digest, everything within a deadline, and what the
// server must promise before it is trusted with a report.

import { createHash } from "node:crypto";
import { Redis, ReplyError } from "ioredis";
import { createBackoff } from "../service/backoff.ts";
import type { Clock } from "../service/clock.ts";
import { StreamFullError } from "./log.ts";
import { StreamConfigError } from "./stream-options.ts";

export type RedisArgument = string | number | Uint8Array;

export interface RedisClient extends AsyncDisposable {
  /** What every key begins with. */
  readonly base: string;
  /** A command; keys are given whole. Repeated while the server is away: it must bear that. */
  call(command: string, ...args: RedisArgument[]): Promise<unknown>;
  /** The same with bytes in the answer. */
  callBytes(command: string, ...args: RedisArgument[]): Promise<unknown>;
  /** A Lua script; repeated while the server is away. */
  run(script: string, args: readonly RedisArgument[]): Promise<unknown>;
  /** Calls back at each message on a channel, and when some may have been missed. */
  listen(channel: string, listener: () => void): Promise<Disposable>;
}

export interface RedisClientConfig {
  readonly url: string;
  readonly prefix: string;
  /** How long a call waits for the server before it is rejected. */
  readonly waitMs: number;
  /** Take a server that may forget what it acknowledged. */
  readonly allowVolatile: boolean;
}

const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT = { minMs: 50, maxMs: 2_000 } as const;
const RETRY = { minMs: 20, maxMs: 500 } as const;
const RETRY_AFTER_MS = 2_000;
const WAITAOF_MS = 2_000;

/** @throws StreamConfigError for a server that does not keep what it acknowledges. */
export async function connectRedis(
  config: RedisClientConfig,
  deps: { clock: Clock },
): Promise<RedisClient> {
  const client = new Client(config, deps.clock);
  try {
    await client.check();
    return client;
  } catch (error) {
    await client[Symbol.asyncDispose]();
    throw error;
  }
}

class Client implements RedisClient {
  readonly base: string;
  readonly #config: RedisClientConfig;
  readonly #clock: Clock;
  readonly #redis: Redis;
  #subscriber: Redis | undefined;
  readonly #channels = new Map<string, Set<() => void>>();
  readonly #digests = new Map<string, string>();
  /** Redis 7.2 on: an append is confirmed by WAITAOF too. */
  #hasWaitAof = false;

  constructor(config: RedisClientConfig, clock: Clock) {
    this.base = `{${config.prefix}}:`;
    this.#config = config;
    this.#clock = clock;
    this.#redis = this.#connect(false);
  }

  call(command: string, ...args: RedisArgument[]): Promise<unknown> {
    return this.#persist(() => this.#redis.call(command, toSend(args)));
  }

  callBytes(command: string, ...args: RedisArgument[]): Promise<unknown> {
    return this.#persist(() => this.#redis.callBuffer(command, toSend(args)));
  }

  run(script: string, args: readonly RedisArgument[]): Promise<unknown> {
    let digest = this.#digests.get(script);
    if (digest === undefined) {
      digest = createHash("sha1").update(script).digest("hex");
      this.#digests.set(script, digest);
    }
    const sent = [1, this.base, ...toSend(args)];
    const byDigest = [digest, ...sent];
    return this.#persist(async () => {
      const answer = await this.#redis.call("EVALSHA", byDigest).catch((error: unknown) => {
        if (!isReply(error, "NOSCRIPT")) throw error;
        return this.#redis.call("EVAL", [script, ...sent]);
      });
      if (this.#hasWaitAof) await this.#confirm();
      return answer;
    });
  }

  async listen(channel: string, listener: () => void): Promise<Disposable> {
    const subscriber = (this.#subscriber ??= this.#subscribe());
    const listeners = this.#channels.get(channel) ?? new Set();
    listeners.add(listener);
    if (!this.#channels.has(channel)) {
      this.#channels.set(channel, listeners);
      await subscriber.subscribe(channel);
    }
    return { [Symbol.dispose]: () => void listeners.delete(listener) };
  }

  async check(): Promise<void> {
    const info = String(await this.call("INFO", "server"));
    const [, major = "0", minor = "0"] = /redis_version:(\d+)\.(\d+)/.exec(info) ?? [];
    const version = Number(major) * 100 + Number(minor);
    if (version < 700) {
      throw new StreamConfigError(`stream: Redis ${major}.${minor}; 7.0 or newer is needed`);
    }
    if (this.#config.allowVolatile) return;
    this.#hasWaitAof = version >= 702;
    const wanted = { appendonly: "yes", appendfsync: "always", "maxmemory-policy": "noeviction" };
    for (const [name, value] of Object.entries(wanted)) {
      const found = await this.#setting(name);
      if (found === value) continue;
      throw new StreamConfigError(
        `stream: Redis has ${name} ${found}; it must be ${value}, or what was acknowledged may be ` +
          `lost. Set it with CONFIG SET ${name} ${value} and in redis.conf`,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    this.#subscriber?.disconnect();
    await Promise.resolve();
  }

  async #setting(name: string): Promise<string> {
    const answer = await this.call("CONFIG", "GET", name);
    return Array.isArray(answer) ? String(answer[1]) : "unknown";
  }

  async #confirm(): Promise<void> {
    const answer = await this.#redis.call("WAITAOF", 1, 0, WAITAOF_MS);
    const synced = Array.isArray(answer) ? Number(answer[0]) : 0;
    if (synced < 1) throw new Error(`WAITAOF: not synced within ${WAITAOF_MS} ms`);
  }

  /** Tries until the server answers or the time is over. A refusal for lack of room ends it at once. */
  async #persist<T>(attempt: () => Promise<T>): Promise<T> {
    const { waitMs } = this.#config;
    const startedAtMs = this.#clock.monotonicMs();
    const backoff = createBackoff(RETRY, { clock: this.#clock });
    for (;;) {
      try {
        // A command that is given to a closed connection leaves its timer behind.
        if (this.#redis.status === "ready") return await attempt();
        throw new Error(`the connection is ${this.#redis.status}`);
      } catch (error) {
        if (isReply(error, "OOM") || isReply(error, "MISCONF")) {
          throw new StreamFullError(`append: Redis takes no more: ${messageOf(error)}`, 5_000);
        }
        const isFinal = error instanceof ReplyError && !isPassing(error);
        if (isFinal) throw error;
        if (this.#clock.monotonicMs() - startedAtMs > waitMs) {
          const message = `stream: Redis did not answer within ${waitMs} ms: ${messageOf(error)}`;
          throw new StreamFullError(message, RETRY_AFTER_MS);
        }
      }
      await backoff.wait();
    }
  }

  #connect(isSubscriber: boolean): Redis {
    const backoff = createBackoff(RECONNECT, { clock: this.#clock });
    const redis = new Redis(this.#config.url, {
      protocol: 2,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // What is repeated, and for how long, is decided in one place: above.
      ...(!isSubscriber && { commandTimeout: this.#config.waitMs }),
      maxRetriesPerRequest: isSubscriber ? null : 0,
      enableOfflineQueue: isSubscriber,
      autoResendUnfulfilledCommands: false,
      retryStrategy: () => Math.max(RECONNECT.minMs, backoff.nextDelayMs()),
    });
    redis.on("ready", () => backoff.reset());
    // A lost connection shows in the calls that meet it.
    redis.on("error", () => {});
    return redis;
  }

  #subscribe(): Redis {
    const subscriber = this.#connect(true);
    subscriber.on("message", (channel: string) => {
      for (const listener of this.#channels.get(channel) ?? []) listener();
    });
    subscriber.on("ready", () => {
      for (const listeners of this.#channels.values()) {
        for (const listener of listeners) listener();
      }
    });
    return subscriber;
  }
}

const toSend = (args: readonly RedisArgument[]): (string | number | Buffer)[] =>
  args.map((arg) =>
    arg instanceof Uint8Array ? Buffer.from(arg.buffer, arg.byteOffset, arg.byteLength) : arg,
  );

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

const isReply = (error: unknown, code: string): boolean =>
  error instanceof ReplyError && messageOf(error).startsWith(code);

/** The server will take it in a moment: it loads, fails over, or runs something long. */
const isPassing = (error: unknown): boolean =>
  ["LOADING", "BUSY", "READONLY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN"].some((code) =>
    isReply(error, code),
  );
