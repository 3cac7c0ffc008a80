// The edge itself: sources → outbox → one uplink for each region.

import type { EdgeBacklog } from "@drover/core/model/link";
import type { Report } from "@drover/core/model/report";
import type { Clock } from "@drover/core/service/clock";
import type { Running } from "@drover/core/service/run";
import { createLinkTeller } from "@drover/core/uplink/link-teller";
import { createSender, type Sender } from "@drover/core/uplink/sender";
import { createUplink, type Uplink, type UplinkConfig } from "@drover/core/uplink/uplink";
import type { Compression } from "@drover/core/uplink/compression";
import { drainSeconds } from "./drain.ts";
import type { EdgeEvents } from "./events.ts";
import type { FileSystem } from "./outbox/file-system.ts";
import { lockFolder } from "./outbox/folder-lock.ts";
import { openOutbox, type Outbox, type OutboxConfig } from "./outbox/outbox.ts";
import type { Source } from "./sources/source.ts";
import { superviseSource } from "./supervised-source.ts";

export interface EdgeConfig {
  /** Asset kinds and source names whose reports are important. */
  readonly important: readonly string[];
  readonly outbox: OutboxConfig;
  readonly regions: readonly RegionConfig[];
  readonly uplink: Omit<UplinkConfig, "region">;
}

export interface RegionConfig {
  readonly name: string;
  readonly url: string;
  readonly token: string;
  readonly compression: Compression;
  readonly timeoutMs: number;
}

export interface EdgeDeps {
  readonly clock: Clock;
  readonly events: EdgeEvents;
  readonly fileSystem: FileSystem;
  readonly sources: readonly Source[];
}

export interface Edge extends Running {
  readonly outbox: Outbox;
  readonly uplinks: readonly Uplink[];
  readonly sources: readonly Source[];
  stopAccepting(): Promise<void>;
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Longest time that a stop waits for requests on their way; what they carry is kept anyway. */
const DRAIN_MS = 5_000;

/** @throws FolderInUseError when another process has the outbox, and what `openOutbox` throws. */
export async function startEdge(config: EdgeConfig, deps: EdgeDeps): Promise<Edge> {
  await deps.fileSystem.makeDirectory(config.outbox.directory);
  const lock = lockFolder(config.outbox.directory);
  const outbox = await openOutbox(config.outbox, { ...deps, events: deps.events.outbox }).catch(
    (error: unknown) => {
      lock[Symbol.dispose]();
      throw error;
    },
  );
  const regions = config.regions.map((region) => startRegion(region, config, outbox, deps));
  const reading = new AbortController();
  const append = createAppend(outbox, config.important);
  const running = deps.sources.map((source) =>
    superviseSource(source, { ...deps, append }, reading.signal),
  );
  return {
    outbox,
    uplinks: regions.map(({ uplink }) => uplink),
    sources: deps.sources,
    async stopAccepting() {
      reading.abort(new Error("stopping"));
      const inTime = deps.clock.sleep(DRAIN_MS);
      await Promise.race([Promise.all(running), inTime]);
    },
    async drain() {
      const inTime = deps.clock.sleep(DRAIN_MS);
      await Promise.race([Promise.all(regions.map(({ stop }) => stop())), inTime]);
    },
    async close() {
      for (const source of deps.sources) await source[Symbol.asyncDispose]();
      for (const { sender } of regions) sender[Symbol.dispose]();
      await outbox[Symbol.asyncDispose]();
      lock[Symbol.dispose]();
    },
  };
}

function startRegion(
  region: RegionConfig,
  config: EdgeConfig,
  outbox: Outbox,
  deps: EdgeDeps,
): { uplink: Uplink; sender: Sender; stop: () => Promise<void> } {
  const { clock } = deps;
  const connections = config.uplink.liveSlots + config.uplink.backfillSlotsMax;
  const { edge } = config.outbox;
  const link = createLinkTeller(clock, () =>
    toldBacklog(outbox, region.name, uplink.status().perSecond),
  );
  const sender = createSender({ ...region, connections }, { clock, link });
  const uplink: Uplink = createUplink(
    { ...config.uplink, region: region.name },
    {
      backlog: outbox.backlog(region.name),
      sender,
      clock,
      events: deps.events.uplink(region.name),
      greet: (signal) => {
        const lines = { edge, epoch: outbox.lastEpoch(), lane: "live", reports: 0 } as const;
        return sender.sendBatch("", lines, signal);
      },
    },
  );
  const sending = new AbortController();
  const done = uplink.run(sending.signal);
  return {
    uplink,
    sender,
    stop: () => {
      sending.abort(new Error("stopping"));
      return done;
    },
  };
}

/** The backlog of one region in the words of the contract. */
function toldBacklog(outbox: Outbox, region: string, perSecond: number): EdgeBacklog {
  const { reports = 0, bytes = 0, oldestAt } = outbox.status().regions[region] ?? {};
  const drainS = drainSeconds(reports, perSecond);
  return {
    reports,
    bytes,
    ...(oldestAt !== undefined && { oldestAt }),
    ...(drainS !== null && { drainMs: drainS * 1_000 }),
  };
}

/** Sorts reports by class; nearly always there is one class alone. */
function createAppend(outbox: Outbox, important: readonly string[]) {
  const marked = new Set(important);
  const isImportant = ({ kind, source }: Report) => marked.has(kind) || marked.has(source);
  return async (reports: readonly Report[]): Promise<void> => {
    if (marked.size === 0) return outbox.append(reports);
    const first = reports.filter(isImportant);
    if (first.length === 0) return outbox.append(reports);
    const rest = reports.filter((report) => !isImportant(report));
    await Promise.all([outbox.append(first, "important"), outbox.append(rest)]);
  };
}
