// What is known of one asset: its latest, where it went, what it measured.

import { z } from "zod";
import { Motion, Position } from "@drover/core/model/report";
import { server } from "./server.ts";

const AssetView = z.object({
  asset: z.string(),
  kind: z.string(),
  at: z.int(),
  position: z.object({ ...Position.shape, at: z.int() }).optional(),
  motion: Motion.optional(),
  measurements: z.record(z.string(), z.number()).optional(),
  attributes: z.record(z.string(), z.string()).optional(),
  source: z.string(),
  edge: z.string().optional(),
  sentAt: z.int(),
  receivedAt: z.int(),
});
export type AssetView = z.infer<typeof AssetView>;

const TrackPoint = z.object({
  at: z.int(),
  lat: z.number(),
  lon: z.number(),
  altitudeM: z.number().optional(),
  speedMps: z.number().optional(),
  headingDeg: z.number().optional(),
  climbMps: z.number().optional(),
  onGround: z.boolean().optional(),
});
export type TrackPoint = z.infer<typeof TrackPoint>;
const Track = z.object({
  asset: z.string(),
  points: z.array(TrackPoint),
  thinned: z.boolean(),
});
export type Track = z.infer<typeof Track>;

const Bucket = z.object({
  at: z.int(),
  count: z.int(),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  first: z.number(),
  last: z.number(),
});
export type Bucket = z.infer<typeof Bucket>;
const Measurements = z.object({
  asset: z.string(),
  from: z.int(),
  to: z.int(),
  stepS: z.number(),
  series: z.array(z.object({ metric: z.string(), points: z.array(Bucket) })),
});
export type Measurements = z.infer<typeof Measurements>;

export interface AssetRange {
  readonly from: number;
  readonly to: number;
  readonly points: number;
}

const pathOf = (asset: string, rest = ""): string =>
  `/v1/assets/${encodeURIComponent(asset)}${rest}`;

export const askAsset = (asset: string, signal?: AbortSignal): Promise<AssetView> =>
  server.ask({ path: pathOf(asset), answer: AssetView, signal });

export const askTrack = (asset: string, range: AssetRange, signal?: AbortSignal): Promise<Track> =>
  server.ask({ path: pathOf(asset, "/track"), query: { ...range }, answer: Track, signal });

export const askMeasurements = (
  asset: string,
  range: AssetRange,
  signal?: AbortSignal,
): Promise<Measurements> =>
  server.ask({
    path: pathOf(asset, "/measurements"),
    query: { ...range },
    answer: Measurements,
    signal,
  });

const AssetPage = z.object({ items: z.array(AssetView), next: z.string().optional() });

/** The latest of assets whose id or attributes hold a text; of any when it is empty. */
export async function findAssets(
  text: string,
  limit: number,
  signal?: AbortSignal,
): Promise<readonly AssetView[]> {
  const query = { q: text, limit };
  const page = await server.ask({ path: "/v1/assets", query, answer: AssetPage, signal });
  return page.items;
}
