// Plays a recorded file as if it were live.

import { limits } from "@drover/core/model/report";
import type { Report } from "@drover/core/model/report";
import { defineKind, splitSpec } from "./kind.ts";
import { ReplayOptions, speedOf } from "./replay-options.ts";
import { createPacer } from "./replay-pace.ts";
import { createForgetfulProgress, createProgress } from "./replay-progress.ts";
import type { Progress } from "./replay-progress.ts";
import { inOrder, readReports } from "./replay-reports.ts";
import { SourceError } from "./source.ts";
import type { Emit, Source, SourceDeps } from "./source.ts";
import { createTally } from "./tally.ts";
import type { Tally } from "./tally.ts";

const BATCH_MAX = 500;
/** Reports due sooner than this are waited for together. */
const TICK_MS = 50;
const LAP_PAUSE_MS = 1_000;

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

  const progress = progressOf(options, name, deps);

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
          if ((await playOnce({ options, name, deps, tally, progress }, emit, signal)) > 0) {
            // Last and first place of an asset must not be of one moment.
            if (options.loop) await clock.sleep(LAP_PAUSE_MS, signal);
            continue;
          }
          const why = Object.entries(tally.status().refused).map(
            ([reason, count]) => `${count} ${reason}`,
          );
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

type Lap = {
  readonly options: ReplayOptions;
  readonly name: string;
  readonly deps: SourceDeps;
  readonly tally: Tally;
  readonly progress: Progress;
};

/** Plays the file to its end; answers with the count of reports in it. */
async function playOnce(lap: Lap, emit: Emit, signal: AbortSignal): Promise<number> {
  const { options, tally, progress } = lap;
  const { clock } = lap.deps;
  const speed = speedOf(options);
  const isRetimed = options.retime;
  const endAt = speed === "max" && isRetimed ? await findEnd(lap) : undefined;
  const pacer = createPacer({ speed, isRetimed, quietMsMax: options.quietMs, endAt }, { clock });
  const done = await progress.load();
  let count = 0;
  let reached = 0;
  let batch: Report[] = [];
  const hand = async (): Promise<void> => {
    if (batch.length === 0) return;
    const full = batch;
    batch = [];
    await emit(full);
    tally.emitted(full.length);
    await progress.save(reached);
  };
  for await (const recorded of inOrder(readReports(options, lap.name, tally), options)) {
    signal.throwIfAborted();
    count += 1;
    if (count <= done) continue;
    const { report, dueMs } = pacer.place(recorded);
    const waitMs = dueMs - clock.monotonicMs();
    if (waitMs > 0 && speed !== "max") {
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
    reached = count;
    if (batch.push(report) >= BATCH_MAX) await hand();
  }
  await hand();
  if (options.retime) await progress.save(0);
  return count;
}

/** A broken clock may put a report this far behind the rest; it is not where a recording ends. */
const LONE_AFTER_MS = 86_400_000;

/** The time of the newest report that is not alone by a day: a look through the whole file. */
async function findEnd({ options, name, deps }: Lap): Promise<number> {
  const unseen = createTally({ name, kind: "replay" }, deps);
  let endAt: number | undefined;
  for await (const { at } of inOrder(readReports(options, name, unseen), options)) {
    if (endAt === undefined || (at > endAt && at - endAt < LONE_AFTER_MS)) endAt = at;
  }
  return endAt ?? 0;
}

/** An import is told once for good; what is played as if it were live begins with each process. */
function progressOf(options: ReplayOptions, name: string, deps: SourceDeps): Progress {
  if (options.retime) return createForgetfulProgress();
  const { file, format, zone, asset, assetKind, stations, window } = options;
  const deciding = { format, zone, asset, assetKind, stations, window };
  const { stateDir, log } = deps;
  return createProgress({ stateDir, name, file, options: deciding, log });
}
