// A BaseStation feed by TCP: connects, reads, and connects again.

import type { Report } from "@drover/core/model/report";
import { createBackoff } from "@drover/core/service/backoff";
import { z } from "zod";
import { createHandover } from "./handover.ts";
import { defineKind, splitSpec } from "./kind.ts";
import { createRecorder, RecordOptions } from "./record.ts";
import { createRepeatFilter } from "./repeat-filter.ts";
import { createSbsDecoder } from "./sbs-decoder.ts";
import { openFeed } from "./sbs-feed.ts";
import type { SbsFeed } from "./sbs-feed.ts";
import { sbsLineChars } from "./sbs-message.ts";
import type { Emit, Source, SourceDeps } from "./source.ts";
import { createTally } from "./tally.ts";
import { createLineSplitter } from "./text-lines.ts";
import { parseOffset } from "./time-text.ts";

/** How a feed writes its times: `auto`, `receive`, `utc`, or `+10:30`. */
export const ZoneOption = z
  .string()
  .default("auto")
  .transform((text, context) => {
    if (text === "auto" || text === "receive") return text;
    // In a query a plus sign is a blank.
    const minutes = parseOffset(text.replace(/^ /, "+"));
    if (minutes !== undefined) return minutes;
    context.addIssue({ code: "custom", message: "must be auto, receive, utc or ±HH:MM" });
    return z.NEVER;
  });

const SbsOptions = z.strictObject({
  host: z.string().min(1).max(253),
  port: z.number().int().min(1).max(65_535).default(30_003),
  zone: ZoneOption,
  /** A feed sends a heartbeat each minute; silent for longer it is taken for dead. */
  idleMs: z.number().int().min(1_000).max(3_600_000).default(150_000),
  aircraftMax: z.number().int().min(1).max(1_000_000).default(10_000),
  /** A folder to record the lines into. */
  record: RecordOptions.optional(),
});
type SbsOptions = z.infer<typeof SbsOptions>;

export const sbsKind = defineKind({
  usage: "sbs=HOST[:PORT], options ?zone=auto|receive|utc|±HH:MM&idleMs=&record=",
  options: SbsOptions,
  fromText(text) {
    const { target, options } = splitSpec(text);
    const match = /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(target);
    if (match === null) throw new Error(`"${target.slice(0, 80)}" is not HOST:PORT`);
    const port = match[3] === undefined ? {} : { port: Number(match[3]) };
    return { ...options, host: match[1] ?? match[2], ...port };
  },
  create: createSbs,
});

export function createSbs(options: SbsOptions, name: string, deps: SourceDeps): Source {
  const { clock, log } = deps;
  const tally = createTally({ name, kind: "sbs" }, { clock });
  const handover = createHandover(createRepeatFilter(), tally);
  const decoder = createSbsDecoder({ ...options, source: name }, tally);
  const lines = createLineSplitter({ lineChars: sbsLineChars });
  const recorder = createRecorder(options.record, { prefix: name, ext: "log" }, { clock, log });
  const backoff = createBackoff({ minMs: 1_000, maxMs: 60_000 }, { clock });

  async function take(chunk: Uint8Array): Promise<readonly Report[]> {
    const receivedAt = clock.now();
    const before = lines.tooLong();
    const reports: Report[] = [];
    for (const line of lines.push(chunk)) {
      if (options.record && line !== "") {
        await recorder.write(`${new Date(receivedAt).toISOString()},${line}`);
      }
      for (const report of decoder.line(line, receivedAt)) reports.push(report);
    }
    if (lines.tooLong() > before) tally.refused("long-line", lines.tooLong() - before);
    tally.succeeded();
    backoff.reset();
    return reports;
  }

  async function readOn(feed: SbsFeed, signal: AbortSignal) {
    try {
      const step = await feed.next();
      if (step.done === true) return undefined;
      return step.value === "silent" ? decoder.flush() : await take(step.value);
    } catch (error) {
      if (signal.aborted) throw error;
      tally.failed(error);
      if (backoff.attempts() === 0) log.warn({ err: error }, "sbs: the connection is lost");
      await backoff.wait(signal);
      return undefined;
    }
  }

  async function readOneConnection(emit: Emit, signal: AbortSignal): Promise<void> {
    await using connection = openFeed(options, { clock, signal });
    for (;;) {
      const reports = await readOn(connection, signal);
      if (reports === undefined) return;
      await handover.give(reports, emit);
    }
  }

  return {
    name,
    status: () => tally.status(),
    async run(emit, signal) {
      try {
        await handover.give([], emit);
        while (!signal.aborted) await readOneConnection(emit, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        tally.state("finished");
      }
    },
    [Symbol.asyncDispose]: () => recorder[Symbol.asyncDispose](),
  };
}
