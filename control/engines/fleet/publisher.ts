// The demo's stations: every site of the fleet behind its own gateway and its own MQTT connection.

import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFleet } from "@drover/core/fleet/fleet";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import type { Metrics } from "@drover/core/service/metrics";
import { z } from "zod";
import { createBacklog, type Backlog } from "./backlog.ts";
import { createGateway, type Gateway } from "./gateway.ts";

export interface PublisherConfig {
  readonly mqttUrl: string;
  readonly mqttUser?: string | undefined;
  readonly mqttPassword?: string | undefined;
  readonly org: string;
  readonly seed: number;
  readonly stations: number;
  readonly cadenceMs: number;
  readonly stateDir?: string | undefined;
}

export interface Publisher {
  run(signal: AbortSignal): Promise<void>;
  /** Sites whose connection stands now. */
  online(): number;
  /** Samples that the edge has not acknowledged. */
  waiting(): number;
  /** Sites that should have a connection now, their links being up. */
  reachable(): number;
}

/** Ten hours and more of one station; at the bound the oldest is dropped. */
const SAMPLES_PER_STATION = 1_250;
const ANSWER_MS = 45_000;
const SAVE_MS = 5_000;
/** A process that was away for longer does not measure the time before. */
const BACKLOG_MS_MAX = 36_000_000;

export async function createPublisher(
  config: PublisherConfig,
  deps: { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics },
): Promise<Publisher> {
  const { clock, metrics } = deps;
  const nowMs = clock.now();
  const fleet = createFleet({
    seed: config.seed,
    flights: 0,
    stations: config.stations,
    stationCadenceMs: config.cadenceMs,
  });
  const bookmarks = await readBookmarks(config.stateDir);
  // A new epoch a start, since sequence numbers begin again; seconds are enough to tell two apart.
  const epoch = Math.floor(nowMs / 1_000);
  const backlogs = new Map<string, Backlog>();
  for (const station of fleet.stations) {
    // At its first start each station tells its latest report at once.
    const resumeFrom = bookmarks[station.id] ?? nowMs - config.cadenceMs;
    const fromMs = Math.max(Math.min(resumeFrom, nowMs), nowMs - BACKLOG_MS_MAX);
    const samplesMax = SAMPLES_PER_STATION;
    backlogs.set(
      station.id,
      createBacklog({ station, epoch, fromMs, samplesMax, answerMs: ANSWER_MS }),
    );
  }
  const gateways: readonly Gateway[] = fleet.sites.map((site) =>
    createGateway(
      {
        url: config.mqttUrl,
        org: config.org,
        epoch,
        user: config.mqttUser,
        password: config.mqttPassword,
        site,
        backlogs: [...backlogs.values()].filter(({ station }) => station.site === site),
      },
      deps,
    ),
  );

  const online = () => gateways.filter((gateway) => gateway.isOnline()).length;
  const sum = (of: (backlog: Backlog) => number) =>
    [...backlogs.values()].reduce((total, backlog) => total + of(backlog), 0);
  const waiting = () => sum((backlog) => backlog.size());
  metrics.gaugeOf({ name: "fleet_sites_online", help: "sites with a connection" }, online);
  metrics.gaugeOf({ name: "fleet_samples_waiting", help: "samples not acknowledged" }, waiting);
  metrics.gaugeOf({ name: "fleet_samples_dropped", help: "samples dropped at the bound" }, () =>
    sum((backlog) => backlog.dropped()),
  );

  async function keepBookmarks(stateDir: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(SAVE_MS, signal).catch(() => {});
      await writeBookmarks(stateDir, backlogs);
    }
  }

  return {
    online,
    waiting,
    reachable: () => fleet.sites.filter((site) => site.outageAt(clock.now()) === undefined).length,
    async run(signal) {
      const { stateDir } = config;
      const work = gateways.map((gateway) => gateway.run(signal));
      if (stateDir !== undefined) work.push(keepBookmarks(stateDir, signal));
      await Promise.all(work);
    },
  };
}

const Bookmarks = z.record(z.string(), z.int().min(0));

function pathIn(stateDir: string): string {
  return join(stateDir, "fleet.json");
}

/** From when each station must measure again; empty when nobody knows. */
async function readBookmarks(stateDir: string | undefined): Promise<Record<string, number>> {
  if (stateDir === undefined) return {};
  await mkdir(stateDir, { recursive: true });
  try {
    return Bookmarks.parse(JSON.parse(await readFile(pathIn(stateDir), "utf8")));
  } catch {
    return {};
  }
}

async function writeBookmarks(
  stateDir: string,
  backlogs: ReadonlyMap<string, Backlog>,
): Promise<void> {
  const bookmarks: Record<string, number> = {};
  for (const [id, backlog] of backlogs) bookmarks[id] = backlog.resumeFrom();
  const draft = `${pathIn(stateDir)}.new`;
  await writeFile(draft, JSON.stringify(bookmarks));
  await rename(draft, pathIn(stateDir));
}
