// What the outbox's tests share.

import type { Report } from "@drover/core/model/report";
import type { Batch } from "@drover/core/uplink/batch";
import { createFakeClock } from "@drover/core/service/clock";
import { openOutbox, type Outbox, type OutboxConfig, type OutboxEvents } from "./outbox.ts";
import { createSimulatedDisk, type SimulatedDisk } from "./simulated-file-system.ts";

export const silentEvents: OutboxEvents = {
  recovered: () => {},
  appended: () => {},
  evicted: () => {},
  corrupt: () => {},
  troubled: () => {},
};

/** Segments so small that a few reports make several. */
export const smallConfig: OutboxConfig = {
  directory: "/outbox",
  edge: "edge-test",
  regions: ["a", "b"],
  bytesMax: 2 ** 30,
  ageMsMax: 2 ** 40,
  whenFull: "evict",
  groupMs: 0,
  groupBytes: 64 * 1024,
  segmentBytes: 2048,
  liveMs: 3_000,
  liveReports: 2,
  tidyMs: 1_000,
};

/** A report that carries its number, padded to about `sizeBytes`. */
export function reportOf(number: number, sizeBytes = 0): Report {
  return {
    asset: "station:test",
    kind: "station",
    at: 1_700_000_000_000 + number,
    measurements: { n: number },
    ...(sizeBytes > 0 && { attributes: padding(sizeBytes) }),
    source: "test",
  };
}

function padding(sizeBytes: number): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (let done = 0, index = 0; done < sizeBytes; done += 250, index += 1) {
    attributes[`p${index}`] = "ä€x".repeat(84).slice(0, Math.min(250, sizeBytes - done));
  }
  return attributes;
}

/** From `from` up to and without `until`. */
export const numbers = (from: number, until: number) =>
  Array.from({ length: until - from }, (_, index) => from + index);
export const reports = (from: number, until: number, size = 200) =>
  numbers(from, until).map((number) => reportOf(number, size));

/** A simulated disk and a clock, and what opens an outbox on them. */
export function setup(config: Partial<OutboxConfig> = {}, events: Partial<OutboxEvents> = {}) {
  const disk = createSimulatedDisk();
  const clock = createFakeClock();
  const deps = { fileSystem: disk.fileSystem, clock, events: { ...silentEvents, ...events } };
  const open = () => openOutbox({ ...smallConfig, ...config }, deps);
  return { disk, clock, open };
}

export const segmentsOf = async (disk: SimulatedDisk) =>
  (await disk.fileSystem.list("/outbox")).filter((name) => name.endsWith(".seg"));

/** Takes and acknowledges all that a region has not; both lanes, live first. */
export async function drain(outbox: Outbox, region: string): Promise<Batch[]> {
  const backlog = outbox.backlog(region);
  const batches: Batch[] = [];
  for (const lane of ["live", "backfill"] as const) {
    while (backlog.hasPending(lane)) {
      const batch = await backlog.take(lane, { reports: 100, bytes: 64 * 1024 });
      if (batch === undefined) continue;
      backlog.acknowledge(batch);
      batches.push(batch);
    }
  }
  return batches;
}

/** The numbers of the reports in batches, in the order in which they stand there. */
export function numbersIn(batches: readonly Batch[]): number[] {
  const numbers: number[] = [];
  for (const { body } of batches) {
    for (const line of Buffer.from(body).toString("utf8").trimEnd().split("\n")) {
      const value = JSON.parse(line);
      if (value.gap === undefined) numbers.push(Number(value.measurements.n));
    }
  }
  return numbers;
}

/** The gaps in batches. */
export function gapsIn(
  batches: readonly Batch[],
): { first: number; last: number; reason: string }[] {
  const gaps: { first: number; last: number; reason: string }[] = [];
  for (const { body } of batches) {
    for (const line of Buffer.from(body).toString("utf8").trimEnd().split("\n")) {
      const value = JSON.parse(line);
      if (value.gap !== undefined) gaps.push(value.gap);
    }
  }
  return gaps;
}
