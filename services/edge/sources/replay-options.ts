// What a replay may be told.

import { assetPattern, kindPattern } from "@drover/core/model/ids";
import { z } from "zod";
import { formatNames } from "./replay-format.ts";
import { ZoneOption } from "./sbs.ts";

export const ReplayOptions = z
  .strictObject({
    file: z.string().min(1).max(4_096),
    /** Told by the content when absent. */
    format: z.enum(formatNames).optional(),
    /**
     * Recorded seconds in one second; `max` tells everything at once. When absent: 1 for a loop and
     * for an import, else `max`.
     */
    speed: z.union([z.number().min(0.001).max(100_000), z.literal("max")]).optional(),
    /** Begin again at the end. */
    loop: z.boolean().default(false),
    /** Move times to now; without it they stay as recorded and reports are marked historical. */
    retime: z.boolean().default(true),
    /** Times without a zone; Unix and ISO times with one do not need it. */
    zone: ZoneOption,
    /** Who speaks, for a format that does not say. */
    asset: z.string().regex(assetPattern).optional(),
    /** What kind of thing speaks, for a format that does not say. */
    assetKind: z.string().regex(kindPattern).optional(),
    /** A list of stations (DPIRD) with the places that the readings lack. */
    stations: z.string().max(4_096).optional(),
    /** Reports held to put them in order; as many as the file has make it play in order of time. */
    window: z.number().int().min(1).max(100_000).default(1_024),
    /** A quiet stretch takes no longer than this. */
    quietMs: z.number().int().min(0).max(31_536_000_000).default(3_600_000),
  })
  .refine((options) => options.retime || !options.loop, {
    error: "loop needs retime: the second time round would repeat the first",
    path: ["loop"],
  })
  .refine((options) => options.speed !== "max" || !options.loop, {
    error: "speed=max tells everything at once: there is nothing to loop",
    path: ["speed"],
  });
export type ReplayOptions = z.infer<typeof ReplayOptions>;

/** The speed that holds. */
export function speedOf(options: ReplayOptions): number | "max" {
  return options.speed ?? (options.loop || !options.retime ? 1 : "max");
}
