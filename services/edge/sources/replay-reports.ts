// The reports of a recorded file, in its own order or in that of time.

import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";
import { toAssetId } from "@drover/core/model/ids";
import type { Report } from "@drover/core/model/report";
import type { Decoder, DecoderConfig } from "./decoder.ts";
import { readStations } from "./dpird.ts";
import type { Station } from "./dpird.ts";
import { aircraftRepeats } from "./readsb-aircraft.ts";
import { readHead, readRecords } from "./replay-file.ts";
import { detect, formatNames, formats, framingOf } from "./replay-format.ts";
import type { FormatName, Framing } from "./replay-format.ts";
import type { ReplayOptions } from "./replay-options.ts";
import { createSorter } from "./replay-order.ts";
import { createRepeatFilter } from "./repeat-filter.ts";
import type { RepeatFilter } from "./repeat-filter.ts";
import { SourceError } from "./source.ts";
import { messageOf } from "./tally.ts";
import type { Tally } from "./tally.ts";

const STATIONS_BYTES_MAX = 16 * 2 ** 20;

/** The reports of a file in its own order, each once; those of a record together. */
export async function* readReports(
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

/** The same reports, those within a window in the order of their times. */
export async function* inOrder(
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
