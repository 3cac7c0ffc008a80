// Shapes of answers, for the OpenAPI document and for those who call.

import { z } from "zod";
import { Motion, Position } from "@drover/core/model/report";

export const EpochMs = z.int().meta({ description: "epoch milliseconds" });

export const AssetShape = z.strictObject({
  asset: z.string(),
  kind: z.string(),
  at: EpochMs,
  position: Position.extend({ at: EpochMs }).optional(),
  motion: Motion.optional(),
  measurements: z.record(z.string(), z.number()).optional(),
  attributes: z.record(z.string(), z.string()).optional(),
  source: z.string(),
  edge: z.string().optional(),
  sentAt: EpochMs,
  receivedAt: EpochMs,
});

export const pageOf = (item: z.ZodType) =>
  z.strictObject({
    items: z.array(item),
    next: z
      .string()
      .optional()
      .meta({ description: "cursor of the next page; absent on the last" }),
  });

export const json = (schema: z.ZodType) => ({ type: "application/json; charset=utf-8", schema });
