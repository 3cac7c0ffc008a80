// How much was heard, or what was measured, where: cells of H3.

import { z } from "zod";
import { server } from "./server.ts";

const Heat = z.object({
  from: z.int(),
  to: z.int(),
  resolution: z.int(),
  cells: z.array(
    z.object({
      cell: z.string(),
      reports: z.int(),
      lat: z.number(),
      lon: z.number(),
      /** Mean of the measurement that was asked for. */
      value: z.number().optional(),
    }),
  ),
  truncated: z.boolean(),
});
export type Heat = z.infer<typeof Heat>;

export interface HeatQuestion {
  /** A measurement; how often it was reported when absent. */
  readonly metric?: string | undefined;
  readonly from: number;
  readonly to: number;
  /** West, south, east, north; everything when absent. */
  readonly box?: readonly [number, number, number, number] | undefined;
}

/** Slow over a long range: the answer may take half a minute. */
export const askHeat = (
  { metric, from, to, box }: HeatQuestion,
  signal?: AbortSignal,
): Promise<Heat> =>
  server.ask({
    path: "/v1/heatmap",
    query: { metric, from, to, bbox: box?.map((degrees) => degrees.toFixed(4)) },
    answer: Heat,
    timeoutMs: 30_000,
    signal,
  });
