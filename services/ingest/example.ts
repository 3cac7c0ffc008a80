// What the tests of ingest send: one good report, an edge, and a service over a stream in memory.

import { createFakeClock } from "@drover/core/service/clock";
import { createMemoryStream } from "./memory-stream.ts";
import { serve } from "./serve-test.ts";

export const nowMs = 1_800_000_000_000;
export const clock = () => createFakeClock({ nowMs });
export const dayMs = 86_400_000;

export const report = (more: object = {}) => ({
  asset: "aircraft:7c6b2d",
  at: nowMs - 1_000,
  position: { lat: -12.4, lon: 130.8 },
  source: "test",
  ...more,
});
export const ndjson = (...lines: unknown[]) =>
  lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
export const edge1 = { "drover-edge": "edge-1", "drover-epoch": "1", "drover-first-seq": "1" };
export const from = (seq: number) => ({ ...edge1, "drover-first-seq": String(seq) });

export async function setUp(change: Parameters<typeof serve>[1] = {}) {
  const stream = createMemoryStream();
  return { stream, ingest: await serve(stream, { clock: clock(), ...change }) };
}
