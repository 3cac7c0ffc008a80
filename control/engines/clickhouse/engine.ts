import { Session } from "chdb";
import { createSemaphore } from "@drover/core/service/limits";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import { ClickHouseError } from "./errors.ts";
import { probeFolder } from "./folder.ts";
import { kill } from "./kill.ts";
import { forgetLostTokens } from "./lost-tokens.ts";
import { execute, settle, toEngineError, useDatabase } from "./seat.ts";
import type { CallResult, Seat } from "./seat.ts";
import { quoteName } from "./tokens.ts";

/**
 * chDB behind lanes. A session runs one statement after another; sessions run side by side. Each
 * lane has its own sessions, so that slow readers take nothing from writers but CPU.
 */
export type LaneName = "read" | "write";

export type EngineConfig = {
  /** The engine's own folder; one process at a time. */
  readonly folder: string;
  /** The database that a request gets when it names none; made when absent. */
  readonly database: string;
  readonly lanes: Readonly<Record<LaneName, { sessions: number; waitersMax: number }>>;
  /** What all statements together may take. */
  readonly memoryBytes: number;
  readonly backupsFolder?: string | undefined;
};

/** Texts here are ordinary strings, not byte strings. */
export type Call = {
  readonly sql: string;
  /** Output format; nothing comes back from a statement that has no result. */
  readonly format: string;
  readonly database: string;
  /** Gives up waiting for a session, and kills the statement when it may be killed. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the statement may be killed half way: true for reads only. */
  readonly isKillable: boolean;
};

export interface Engine extends AsyncDisposable {
  run(lane: LaneName, call: Call): Promise<CallResult>;
  /** The result in pieces; each is fetched when the one before it was taken. */
  stream(lane: LaneName, call: Call): AsyncGenerator<Uint8Array, void, undefined>;
  inUse(lane: LaneName): number;
  waiting(lane: LaneName): number;
}

/** Sized for a small machine: the engine's own defaults keep up to 5 GiB for each cache. */
const MARK_CACHE_BYTES = 48 * 1024 * 1024;
const INDEX_CACHE_BYTES = 24 * 1024 * 1024;
const EXPRESSION_CACHE_BYTES = 8 * 1024 * 1024;
const ENGINE_THREADS_MAX = 128;
/** Merges give way to inserts and queries on a machine that has few cores. */
const MERGE_NICENESS = 10;

export function connectionArgs(config: EngineConfig): string[] {
  const args = [
    "--",
    `--max_server_memory_usage=${config.memoryBytes}`,
    `--mark_cache_size=${MARK_CACHE_BYTES}`,
    `--index_mark_cache_size=${INDEX_CACHE_BYTES}`,
    `--primary_index_cache_size=${INDEX_CACHE_BYTES}`,
    `--compiled_expression_cache_size=${EXPRESSION_CACHE_BYTES}`,
    `--max_thread_pool_size=${ENGINE_THREADS_MAX}`,
    `--os_threads_nice_value_merge_mutate=${MERGE_NICENESS}`,
  ];
  if (config.backupsFolder !== undefined) {
    args.push(`--backups.allowed_path=${config.backupsFolder}`);
  }
  return args;
}

/** Opens the folder; throws when another process has it or when it cannot be read. */
export async function openEngine(
  config: EngineConfig,
  deps: { clock: Clock; log: Log },
): Promise<Engine> {
  const args = connectionArgs(config);
  const open = (): Seat => ({
    session: new Session(config.folder, { connectionArgs: args }),
    database: "",
  });
  await probeFolder(config.folder, open);
  // Nobody else has the folder, and the engine reads its notes anew when it is opened again.
  const lost = await forgetLostTokens(config.folder);
  if (lost.tokens > 0) deps.log.warn(lost, "inserts that were cut off may be made again");
  const lanes = {
    read: createLane("read", config, open),
    write: createLane("write", config, open),
  };
  const killer = open();
  await execute(killer, `CREATE DATABASE IF NOT EXISTS ${quoteName(config.database)}`, "TSV");
  let nextMarker = 0;

  function mark(call: Call): { sql: string; marker: string } {
    nextMarker += 1;
    const marker = `/*drover:${nextMarker}*/`;
    return { sql: call.isKillable ? `${call.sql} ${marker}` : call.sql, marker };
  }

  return {
    inUse: (lane) => lanes[lane].inUse(),
    waiting: (lane) => lanes[lane].waiting(),
    async run(laneName, call) {
      const lane = lanes[laneName];
      using held = await lane.take(call.signal);
      const { sql, marker } = mark(call);
      let isOver = false;
      const onAbort = () => void kill(marker, () => isOver, { ...deps, killer });
      if (call.isKillable) call.signal?.addEventListener("abort", onAbort, { once: true });
      try {
        await useDatabase(held.seat, call.database);
        return await execute(held.seat, sql, call.format);
      } catch (error) {
        await settle(held.seat, open);
        throw error;
      } finally {
        isOver = true;
        call.signal?.removeEventListener("abort", onAbort);
      }
    },
    async *stream(laneName, call) {
      using held = await lanes[laneName].take(call.signal);
      let isDone = false;
      try {
        await useDatabase(held.seat, call.database);
        const pieces = held.seat.session.queryStream(call.sql, {
          format: call.format,
          ...(call.signal ? { signal: call.signal } : {}),
        });
        for await (const piece of pieces) yield piece.raw();
        isDone = true;
      } catch (error) {
        throw toEngineError(error);
      } finally {
        if (!isDone) await settle(held.seat, open);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const lane of [lanes.write, lanes.read]) await lane.close();
      killer.session.close();
    },
  };
}

function createLane(name: LaneName, config: EngineConfig, open: () => Seat) {
  const { sessions, waitersMax } = config.lanes[name];
  const permits = createSemaphore({ name: `${name} lane`, permits: sessions, waitersMax });
  const idle: Seat[] = Array.from({ length: sessions }, open);
  return {
    inUse: () => permits.inUse(),
    waiting: () => permits.waiting(),
    async take(signal?: AbortSignal) {
      const permit = await permits.acquire(signal).catch((error: unknown) => {
        if (signal?.aborted) throw new ClickHouseError("QUERY_WAS_CANCELLED", "The caller left");
        const full = `Too many simultaneous queries for all users. Maximum: ${sessions} + ${waitersMax} waiting`;
        throw new ClickHouseError("TOO_MANY_SIMULTANEOUS_QUERIES", full, { cause: error });
      });
      if (signal?.aborted) {
        // It left at the very moment its turn came; no "abort" will be heard any more.
        permit.release();
        throw new ClickHouseError("QUERY_WAS_CANCELLED", "The caller left");
      }
      const seat = idle.pop();
      if (seat === undefined) throw new Error(`${name} lane: more permits than sessions`);
      return {
        seat,
        [Symbol.dispose]() {
          idle.push(seat);
          permit.release();
        },
      };
    },
    /** Waits for every statement that runs, then closes the sessions. */
    async close() {
      for (let held = 0; held < sessions; held += 1) await permits.acquire();
      for (const seat of idle) seat.session.close();
    },
  };
}
