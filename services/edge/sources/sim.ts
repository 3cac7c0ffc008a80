// The deterministic fleet inside an edge: flights, and stations with links that drop.

import { createFleet } from "@drover/core/fleet/fleet";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { defineKind, splitSpec } from "./kind.ts";
import type { Emit, Source, SourceDeps } from "./source.ts";
import { createTally } from "./tally.ts";

export const SimOptions = z.strictObject({
  flights: z.int().min(0).max(100_000).default(300),
  stations: z.int().min(0).max(100_000).default(0),
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  /** Life goes so many times as fast; times of reports stay those of the clock. */
  speed: z.number().min(0.1).max(100).default(1),
  /** Overrides the flights' own cadences of 1 to 10 s. */
  flightCadenceMs: z.int().min(100).max(3_600_000).optional(),
  stationCadenceMs: z.int().min(100).max(3_600_000).optional(),
});
export type SimOptions = z.infer<typeof SimOptions>;

const TICK_MS = 500;
/** At its first start it tells this much of the past, so that every asset is known at once. */
const FIRST_MS = 35_000;
/** After a longer sleep the rest is left out: nobody was there to see it. */
const CATCH_UP_MS_MAX = 600_000;
/** Fleet time of one call to `emit`. */
const SLICE_MS = 5_000;

export const simKind = defineKind({
  usage: "sim=flights=300&stations=0&seed=1&speed=1",
  options: SimOptions,
  fromText: (text) => splitSpec(`?${text}`).options,
  create: createSimSource,
});

export function createSimSource(options: SimOptions, name: string, deps: SourceDeps): Source {
  const { clock } = deps;
  const tally = createTally({ name, kind: "sim" }, deps);
  const ending = new AbortController();
  const bookmark = join(deps.stateDir, `sim-${name.replaceAll(":", "-")}.json`);

  async function run(emit: Emit, outer: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([outer, ending.signal]);
    const { speed, ...rest } = options;
    const startedAt = clock.now();
    const fleet = createFleet({ ...rest, source: name });
    // At speed 1 fleet time is the clock's; else both meet at the start and part from there.
    const fleetTime = (wallMs: number) => startedAt + (wallMs - startedAt) * speed;
    const wallTime = (fleetMs: number) => Math.round(startedAt + (fleetMs - startedAt) / speed);
    let toldUntil = Math.max(startedAt - FIRST_MS, await readBookmark(bookmark));
    while (!signal.aborted) {
      const nowMs = clock.now();
      if (nowMs - toldUntil > CATCH_UP_MS_MAX) {
        tally.refused("overslept");
        toldUntil = nowMs - CATCH_UP_MS_MAX;
      }
      while (toldUntil < nowMs && !signal.aborted) {
        const until = Math.min(nowMs, toldUntil + SLICE_MS);
        const reports = fleet.arrivalsBetween(fleetTime(toldUntil), fleetTime(until));
        const told = speed === 1 ? reports : reports.map((r) => ({ ...r, at: wallTime(r.at) }));
        tally.received(told.length);
        if (told.length > 0) await emit(told);
        tally.emitted(told.length);
        tally.succeeded();
        toldUntil = until;
        await writeBookmark(bookmark, toldUntil);
      }
      await clock.sleep(TICK_MS, signal).catch(() => {});
    }
    tally.state("finished");
  }

  return {
    name,
    run,
    status: () => tally.status(),
    [Symbol.asyncDispose]: async () => ending.abort(new Error("disposed")),
  };
}

const Bookmark = z.object({ toldUntil: z.int().min(0) });

/** Until when was told before a restart, so that nothing is told twice; 0 when nobody knows. */
async function readBookmark(path: string): Promise<number> {
  try {
    return Bookmark.parse(JSON.parse(await readFile(path, "utf8"))).toldUntil;
  } catch {
    return 0;
  }
}

async function writeBookmark(path: string, toldUntil: number): Promise<void> {
  const draft = `${path}.new`;
  const text = JSON.stringify({ toldUntil });
  try {
    await writeFile(draft, text);
  } catch {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(draft, text);
  }
  await rename(draft, path);
}
