// A decoder's aircraft.json, polled by URL or as a file.

import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Report } from "@drover/core/model/report";
import { createBackoff } from "@drover/core/service/backoff";
import type { Clock } from "@drover/core/service/clock";
import { z } from "zod";
import { BodyTooLargeError, readText, withDeadline } from "./body.ts";
import { createHandover } from "./handover.ts";
import { defineKind, splitSpec } from "./kind.ts";
import { aircraftRepeats, readAircraft } from "./readsb-aircraft.ts";
import { createRecorder, RecordOptions } from "./record.ts";
import { createRepeatFilter } from "./repeat-filter.ts";
import type { Source, SourceDeps } from "./source.ts";
import { createTally } from "./tally.ts";

const TIMEOUT_MS = 10_000;
const BODY_BYTES_MAX = 32 * 2 ** 20;
/** A decoder that does not rename is caught in mid-write; it is done a moment later. */
const PARTIAL_TRIES = 3;
const PARTIAL_WAIT_MS = 100;
const WAIT_MS_MAX = 3_600_000;

const ReadsbOptions = z.strictObject({
  /** `http://…`, `https://…`, or a file. */
  from: z.string().min(1).max(2_048),
  /** Public services allow one request a second. */
  intervalMs: z.number().int().min(250).max(3_600_000).default(1_000),
  /** A folder to record the answers into. */
  record: RecordOptions.optional(),
});
type ReadsbOptions = z.infer<typeof ReadsbOptions>;

export const readsbKind = defineKind({
  usage: "readsb=http://HOST/data/aircraft.json or readsb=FILE, options #intervalMs=&record=",
  options: ReadsbOptions,
  fromText(text) {
    // Behind `?` stands the decoder's own query, as in ?box=… or ?circle=….
    const { target, options } = splitSpec(text, "#");
    return { ...options, from: target };
  },
  create: createReadsb,
});

/** A poll that gave no snapshot; `waitMs` is what the server asked for. */
export class ReadsbError extends Error {
  override name = "ReadsbError";
  readonly waitMs: number;
  constructor(message: string, waitMs = 0, options?: ErrorOptions) {
    super(message, options);
    this.waitMs = waitMs;
  }
}

/** Answers with a parsed body, or undefined when nothing changed since the last call. */
type Fetcher = (signal: AbortSignal) => Promise<unknown>;

export function createReadsb(options: ReadsbOptions, name: string, deps: SourceDeps): Source {
  const { clock, log } = deps;
  const tally = createTally({ name, kind: "readsb" }, { clock });
  const handover = createHandover(createRepeatFilter(aircraftRepeats), tally);
  const recorder = createRecorder(options.record, { prefix: name, ext: "jsonl" }, { clock, log });
  const backoff = createBackoff({ minMs: 1_000, maxMs: 60_000 }, { clock });
  const fetchBody = /^https?:\/\//i.test(options.from)
    ? urlFetcher(options.from, deps)
    : fileFetcher(options.from, clock);

  async function tryPoll(signal: AbortSignal): Promise<readonly Report[]> {
    try {
      const body = await withDeadline({ ms: TIMEOUT_MS, what: name }, { clock, signal }, fetchBody);
      if (body === undefined) return [];
      const reports = readAircraft(body, { source: name }, tally);
      tally.succeeded();
      backoff.reset();
      await recorder.write(JSON.stringify(body));
      return reports;
    } catch (error) {
      if (signal.aborted) throw error;
      tally.failed(error);
      if (backoff.attempts() === 0) log.warn({ err: error }, "readsb: the poll failed");
      const delayMs = backoff.nextDelayMs();
      const waitMs = error instanceof ReadsbError ? error.waitMs : 0;
      await clock.sleep(Math.max(delayMs, waitMs), signal);
      return [];
    }
  }

  return {
    name,
    status: () => tally.status(),
    async run(emit, signal) {
      try {
        await handover.give([], emit);
        while (!signal.aborted) {
          const startMs = clock.monotonicMs();
          await handover.give(await tryPoll(signal), emit);
          const restMs = Math.max(0, options.intervalMs - (clock.monotonicMs() - startMs));
          tally.nextPoll(Math.round(clock.now() + restMs));
          await clock.sleep(restMs, signal);
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        tally.nextPoll(undefined);
        tally.state("finished");
      }
    },
    [Symbol.asyncDispose]: () => recorder[Symbol.asyncDispose](),
  };
}

function urlFetcher(url: string, deps: SourceDeps): Fetcher {
  const fetch = deps.fetch ?? globalThis.fetch;
  return async (signal) => {
    const response = await fetch(url, { headers: { accept: "application/json" }, signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      const seconds = Number(response.headers.get("retry-after") ?? 0);
      const waitMs = seconds > 0 ? Math.min(WAIT_MS_MAX, seconds * 1000) : 0;
      throw new ReadsbError(`readsb: answered ${response.status}`, waitMs);
    }
    const text = await readText(response, BODY_BYTES_MAX);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ReadsbError("readsb: the answer is not JSON", 0, { cause });
    }
  };
}

function fileFetcher(from: string, clock: Clock): Fetcher {
  const path = from.startsWith("file:") ? fileURLToPath(from) : from;
  let seen = "";
  return async (signal) => {
    for (let attempt = 1; ; attempt++) {
      const { text, version } = await readVersion(path, seen);
      if (text === undefined) return undefined;
      try {
        const body: unknown = JSON.parse(text);
        seen = version;
        return body;
      } catch (cause) {
        if (attempt >= PARTIAL_TRIES) {
          throw new ReadsbError(`readsb: ${path} is not JSON`, 0, { cause });
        }
        await clock.sleep(PARTIAL_WAIT_MS, signal);
      }
    }
  };
}

/** Size and text come from one handle, so that a rename in between cannot mix two snapshots. */
async function readVersion(
  path: string,
  seen: string,
): Promise<{ readonly version: string; readonly text: string | undefined }> {
  await using handle = await open(path, "r");
  const stat = await handle.stat({ bigint: true });
  const version = `${stat.ino} ${stat.mtimeNs} ${stat.size}`;
  if (version === seen) return { version, text: undefined };
  if (stat.size > BigInt(BODY_BYTES_MAX)) {
    throw new BodyTooLargeError(`readsb: ${path} has more than ${BODY_BYTES_MAX} bytes`);
  }
  return { version, text: await handle.readFile("utf8") };
}
