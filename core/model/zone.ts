// A zone: a place worth watching, with what counts as being in it. Shapes are in WGS 84; coordinates
// are written [lon, lat] in degrees, as in GeoJSON (RFC 7946), altitudes in metres above mean sea level.

import { z } from "zod";
import { assetPattern, kindPattern } from "./ids.ts";
import { severities } from "./severity.ts";

/** Bounds of what one zone may say. */
export const zoneLimits = {
  nameChars: 120,
  /** Vertices of a whole shape, holes included. */
  vertices: 10_000,
  /** Polygons of a MultiPolygon. */
  parts: 200,
  radiusM: { min: 1, max: 2_000_000 },
  widthM: { min: 1, max: 500_000 },
  altitudeM: { min: -12_000, max: 100_000 },
  durationMs: { min: 0, max: 7 * 86_400_000 },
  fixes: { min: 1, max: 10 },
  assets: 1_000,
  kinds: 32,
  windows: 50,
} as const;

export const Place = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]);
/** [lon, lat], degrees. */
export type Place = z.infer<typeof Place>;

const Ring = z.array(Place).min(4).max(zoneLimits.vertices);

export const CircleShape = z.strictObject({
  type: z.literal("circle"),
  center: Place,
  radiusM: z.number().min(zoneLimits.radiusM.min).max(zoneLimits.radiusM.max),
});
/** Polygons, each an outer ring and its holes; rings are closed. An edge goes the shorter way round. */
export const PolygonShape = z.strictObject({
  type: z.literal("polygon"),
  polygons: z.array(z.array(Ring).min(1)).min(1).max(zoneLimits.parts),
});
/** Everything nearer to the line than half the width. */
export const CorridorShape = z.strictObject({
  type: z.literal("corridor"),
  line: z.array(Place).min(2).max(zoneLimits.vertices),
  widthM: z.number().min(zoneLimits.widthM.min).max(zoneLimits.widthM.max),
});
export const ZoneShape = z.discriminatedUnion("type", [CircleShape, PolygonShape, CorridorShape]);
export type ZoneShape = z.infer<typeof ZoneShape>;

const clockTime = /^([01]\d|2[0-3]):[0-5]\d$/;
/** When the zone is watched: any of the windows, in the time zone's own clock. */
export const ZoneSchedule = z.strictObject({
  /** IANA name, e.g. `Australia/Darwin`. */
  timeZone: z.string().min(1).max(64),
  windows: z
    .array(
      z.strictObject({
        /** 1 is Monday, 7 is Sunday; the day on which the window begins. */
        days: z.array(z.int().min(1).max(7)).min(1).max(7),
        /** `HH:MM`; a window whose end is not after its beginning ends on the next day. */
        from: z.string().regex(clockTime),
        to: z.string().regex(clockTime),
      }),
    )
    .min(1)
    .max(zoneLimits.windows),
});
export type ZoneSchedule = z.infer<typeof ZoneSchedule>;

/** Which assets are meant; everything when neither is given. */
export const Selection = z.strictObject({
  kinds: z.array(z.string().regex(kindPattern)).max(zoneLimits.kinds).optional(),
  assets: z.array(z.string().regex(assetPattern)).max(zoneLimits.assets).optional(),
});
export type Selection = z.infer<typeof Selection>;

const duration = z.int().min(zoneLimits.durationMs.min).max(zoneLimits.durationMs.max);

/** What it takes to believe that a border was crossed. */
export const Confirmation = z.strictObject({
  /** So many fixes in a row on the other side, or the dwell below, whichever comes first. */
  fixes: z.int().min(zoneLimits.fixes.min).max(zoneLimits.fixes.max).default(2),
  enterDwellMs: duration.default(30_000),
  exitDwellMs: duration.default(60_000),
  /**
   * Distance beyond the border, over and above the fix's accuracy, that an exit needs, metres; when
   * absent a tenth of the zone's size, at least 20 m and at most 500 m.
   */
  exitMarginM: z.number().min(0).max(100_000).optional(),
});
export type Confirmation = z.infer<typeof Confirmation>;

export const zoneEventKinds = ["entered", "left", "dwelt", "crossed"] as const;

const zoneFields = {
  name: z.string().trim().min(1).max(zoneLimits.nameChars),
  /** `#rrggbb`. */
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i)
    .optional(),
  shape: ZoneShape,
  floorM: z.number().min(zoneLimits.altitudeM.min).max(zoneLimits.altitudeM.max).optional(),
  ceilingM: z.number().min(zoneLimits.altitudeM.min).max(zoneLimits.altitudeM.max).optional(),
  schedule: ZoneSchedule.optional(),
  applies: Selection.optional(),
  confirmation: Confirmation.optional(),
  /** An asset that stays so long gives `dwelt`, once a visit. */
  dwellMs: z.int().min(1_000).max(zoneLimits.durationMs.max).optional(),
  /** Events that raise an alert by themselves. */
  alert: z
    .strictObject({
      on: z.array(z.enum(zoneEventKinds)).min(1).max(zoneEventKinds.length),
      severity: z.enum(severities),
    })
    .optional(),
  isEnabled: z.boolean().default(true),
};

/** What a person writes. */
export const ZoneInput = z
  .strictObject(zoneFields)
  .refine(
    ({ floorM, ceilingM }) => floorM === undefined || ceilingM === undefined || floorM < ceilingM,
    { error: "floorM must be below ceilingM", path: ["floorM"] },
  );
export type ZoneInput = z.infer<typeof ZoneInput>;

/** A zone in one of its versions. */
export const Zone = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
  ...zoneFields,
  /** From 1, one more with each change; an event names the one it was judged by. */
  version: z.int().min(1),
  /** From when this version holds, epoch ms. */
  validFrom: z.int(),
  /** Until when; absent for the newest of a zone that exists. */
  validUntil: z.int().optional(),
});
export type Zone = z.infer<typeof Zone>;
