// Plays a recorded file as if it were live.

import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import { assetPattern, kindPattern, toAssetId } from "@drover/core/model/ids";
import { limits } from "@drover/core/model/report";
import type { Report } from "@drover/core/model/report";
import { z } from "zod";
import type { Decoder, DecoderConfig } from "./decoder.ts";
import { readStations } from "./dpird.ts";
import type { Station } from "./dpird.ts";
import { defineKind, splitSpec } from "./kind.ts";
import { aircraftRepeats } from "./readsb-aircraft.ts";
import { readHead, readRecords } from "./replay-file.ts";
import { detect, formatNames, formats, framingOf } from "./replay-format.ts";
import type { FormatName, Framing } from "./replay-format.ts";
import { createSorter } from "./replay-order.ts";
import { createPacer } from "./replay-pace.ts";
import { createRepeatFilter } from "./repeat-filter.ts";
import type { RepeatFilter } from "./repeat-filter.ts";
import { ZoneOption } from "./sbs.ts";
import { SourceError } from "./source.ts";
import type { Emit, Source, SourceDeps } from "./source.ts";
import { createTally, messageOf } from "./tally.ts";
import type { Tally } from "./tally.ts";

const BATCH_MAX = 500;
/** Reports due sooner than this are waited for together. */
const TICK_MS = 50;
const LAP_PAUSE_MS = 1_000;
const STATIONS_BYTES_MAX = 16 * 2 ** 20;

const ReplayOptions = z
  .strictObject({
    file: z.string().min(1).max(4_096),
    /** Told by the content when absent. */
    format: z.enum(formatNames).optional(),
    /** Recorded seconds in one second; `max` plays as fast as reports are taken. */
    speed: z.union([z.number().min(0.001).max(100_000), z.literal("max")]).default(1),
    /** Begin again at the end. */
    loop: z.boolean().default(false),
    /** Move times to now; without it they stay as recorded and reports are marked historical. */
    retime: z.boolean().default(true),
    /** Times without a zone; Unix and ISO times with one do not need it. */
    zone: ZoneOption,
    /** Who speaks, for a format that does not say. */
    asset: z.string().regex(assetPattern).optional(),
    /** What kind of thing speaks, for a format that does not say. */
    assetKind: z.string().regex(kindPattern).optional(),
    /** A list of stations (DPIRD) with the places that the readings lack. */
    stations: z.string().max(4_096).optional(),
    /** Reports held to put them in order; as many as the file has make it play in order of time. */
    window: z.number().int().min(1).max(100_000).default(1_024),
    /** A quiet stretch takes no longer than this. */
    quietMs: z.number().int().min(0).max(31_536_000_000).default(3_600_000),
  })
  .refine((options) => options.retime || !options.loop, {
    error: "loop needs retime: the second time round would repeat the first",
    path: ["loop"],
  })
  .refine((options) => options.speed !== "max" || !options.retime, {
    error: "speed=max needs retime=false: all reports would be of the same moment",
    path: ["speed"],
  });
type ReplayOptions = z.infer<typeof ReplayOptions>;

export const replayKind = defineKind({
  usage:
    "replay=FILE, options ?speed=&loop=&retime=&format=&zone=&asset=&assetKind=&stations=&window=&quietMs=",
  options: ReplayOptions,
  fromText(text) {
    const { target, options } = splitSpec(text);
    return { ...options, file: target };
  },
  create: createReplay,
});

export function createReplay(options: ReplayOptions, name: string, deps: SourceDeps): Source {
  const { clock } = deps;
  const tally = createTally({ name, kind: "replay" }, { clock });

  async function playOnce(emit: Emit, signal: AbortSignal): Promise<void> {
    const pacer = createPacer(
      { speed: options.speed, isRetimed: options.retime, quietMsMax: options.quietMs },
      { clock },
    );
    let batch: Report[] = [];
    const hand = async (): Promise<void> => {
      if (batch.length === 0) return;
      const full = batch;
      batch = [];
      await emit(full);
      tally.emitted(full.length);
    };
    for await (const recorded of inOrder(readReports(options, name, tally), options)) {
      signal.throwIfAborted();
      const { report, dueMs } = pacer.place(recorded);
      const waitMs = dueMs - clock.monotonicMs();
      if (waitMs > 0 && options.speed !== "max") {
        await hand();
        tally.state("waiting");
        tally.nextPoll(Math.round(clock.now() + waitMs));
        await clock.sleep(Math.max(waitMs, TICK_MS), signal);
        tally.nextPoll(undefined);
        tally.state("running");
      }
      if (report.at < limits.atMs.min || report.at > limits.atMs.max) {
        tally.refused("bad-time");
        continue;
      }
      if (batch.push(report) >= BATCH_MAX) await hand();
    }
    await hand();
  }

  function end(): void {
    tally.nextPoll(undefined);
    tally.state("finished");
  }

  return {
    name,
    status: () => tally.status(),
    async run(emit, signal) {
      try {
        do {
          const before = tally.status().emitted;
          await playOnce(emit, signal);
          const { emitted, refused } = tally.status();
          if (emitted > before) {
            // Last and first place of an asset must not be of one moment.
            if (options.loop) await clock.sleep(LAP_PAUSE_MS, signal);
            continue;
          }
          const why = Object.entries(refused).map(([reason, count]) => `${count} ${reason}`);
          throw new SourceError(
            `replay: ${options.file} holds no report (${why.join(", ") || "it is empty"})`,
          );
        } while (options.loop && !signal.aborted);
        end();
      } catch (error) {
        end();
        if (signal.aborted) return;
        tally.failed(error);
        throw error;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** The reports of a file in its own order, each once; those of a record together. */
async function* readReports(
  options: ReplayOptions,
  name: string,
  tally: Tally,
): AsyncGenerator<readonly Report[], void> {
  try {
    const { decoder, framing, format } = await openDecoder(options, name, tally);
    const filter = createRepeatFilter(format === "readsb" ? aircraftRepeats : {});
    const leftOut = (reason: string, count: number) => tally.refused(reason, count);
    const isFresh = (report: Report) => isNew(filter, report, tally);
    for await (const records of readRecords(options.file, framing, leftOut)) {
      tally.succeeded();
      for (const record of records) yield decoder.decode(record).filter(isFresh);
    }
    yield decoder.end().filter(isFresh);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    throw new SourceError(`replay: ${options.file}: ${messageOf(error)}`, { cause: error });
  }
}

function isNew(filter: RepeatFilter, report: Report, tally: Tally): boolean {
  const answer = filter.check(report);
  if (answer === "repeated") tally.repeated();
  if (answer === "thinned") tally.refused("thinned-contact");
  return answer === "new";
}

async function* inOrder(
  reports: AsyncIterable<readonly Report[]>,
  config: { readonly window: number },
): AsyncGenerator<Report, void> {
  const sorter = createSorter(config);
  for await (const some of reports) {
    for (const report of some) {
      sorter.push(report);
      const oldest = sorter.pop(false);
      if (oldest !== undefined) yield oldest;
    }
  }
  for (let next = sorter.pop(true); next !== undefined; next = sorter.pop(true)) yield next;
}

async function openDecoder(
  options: ReplayOptions,
  name: string,
  tally: Tally,
): Promise<{ readonly decoder: Decoder; readonly framing: Framing; readonly format: FormatName }> {
  const head = await readHead(options.file);
  const found = detect(head);
  const format = options.format ?? found?.format;
  if (format === undefined) {
    throw new SourceError(
      `replay: cannot tell the format of ${options.file}; say it with ?format=${formatNames.join("|")}`,
    );
  }
  const framing =
    found?.framing === "tar" ? "tar" : framingOf(format, new TextDecoder().decode(head));
  const stem = basename(options.file).replace(/\..*$/, "");
  const config: DecoderConfig = {
    source: name,
    historical: !options.retime,
    zone: options.zone,
    asset: options.asset ?? toAssetId(format === "nmea" ? "vessel" : "asset", stem || "replay"),
    kind: options.assetKind,
    stations: await loadStations(options.stations),
  };
  return { decoder: formats[format](config, tally), framing, format };
}

async function loadStations(path: string | undefined): Promise<ReadonlyMap<string, Station>> {
  if (path === undefined) return new Map();
  try {
    const { size } = await stat(path);
    if (size > STATIONS_BYTES_MAX) throw new Error(`more than ${STATIONS_BYTES_MAX} bytes`);
    const bytes = await readFile(path);
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const text = isPacked ? gunzipSync(bytes, { maxOutputLength: STATIONS_BYTES_MAX }) : bytes;
    return readStations(text.toString("utf8"));
  } catch (cause) {
    throw new SourceError(`replay: stations: ${path}: ${messageOf(cause)}`, { cause });
  }
}
