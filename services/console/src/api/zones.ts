// Zones: what is watched, who is in it, and how it was.

import { z } from "zod";
import { Zone, type ZoneInput } from "@drover/core/model/zone";
import { setZones } from "../state/actions.ts";
import { pageOf, readPages } from "./page.ts";
import { server } from "./server.ts";

const path = "/v1/zones";
const pathOf = (id: string, rest = ""): string => `${path}/${encodeURIComponent(id)}${rest}`;
/** Zones that the page keeps; the server has no more. */
const zonesMax = 20_000;

/** Every zone as it holds now, or held at a time. */
export const askZones = (signal?: AbortSignal, at?: number): Promise<readonly Zone[]> =>
  readPages(
    (cursor) => server.ask({ path, query: { at, cursor }, answer: pageOf(Zone), signal }),
    zonesMax,
  );

/** Reads the zones anew for the whole page, after one of them was changed. */
export async function refreshZones(): Promise<void> {
  setZones(await askZones());
}

export const createZone = (input: ZoneInput, idempotencyKey: string): Promise<Zone> =>
  server.ask({ method: "POST", path, body: input, answer: Zone, idempotencyKey });

/** @throws AskError 412 when another version holds by now */
export const updateZone = (id: string, input: ZoneInput, ifVersion: number): Promise<Zone> =>
  server.ask({ method: "PUT", path: pathOf(id), body: input, answer: Zone, ifVersion });

/** @throws AskError 409 while rules ask for it, 412 when another version holds by now */
export const removeZone = (id: string, ifVersion: number): Promise<Zone> =>
  server.ask({ method: "DELETE", path: pathOf(id), answer: Zone, ifVersion });

const ZoneVersion = z.object({
  ...Zone.shape,
  changedBy: z.string(),
  removedBy: z.string().optional(),
});
export type ZoneVersion = z.infer<typeof ZoneVersion>;

/** A zone in its versions, the newest first. */
export async function askVersions(
  id: string,
  signal?: AbortSignal,
): Promise<readonly ZoneVersion[]> {
  const answer = pageOf(ZoneVersion);
  const { items } = await server.ask({ path: pathOf(id, "/versions"), answer, signal });
  return items;
}

const Inside = z.object({
  items: z.array(z.object({ asset: z.string(), kind: z.string(), at: z.int() })),
  count: z.int(),
});
export type Inside = z.infer<typeof Inside>;
const INSIDE_MAX = 10_000;

/** Who is in a zone now, by the place that was heard last. */
export async function askInside(id: string, signal?: AbortSignal): Promise<Inside["items"]> {
  return (await askInsideCounted(id, INSIDE_MAX, signal)).items;
}

/** The same, at most `limit` of them, with how many there are in all. */
export const askInsideCounted = (
  id: string,
  limit: number,
  signal?: AbortSignal,
): Promise<Inside> =>
  server.ask({ path: pathOf(id, "/inside"), query: { limit }, answer: Inside, signal });

/** Who would be in a zone that is not saved. @throws AskError 400 with the places of its faults */
export const askWouldBeInside = (
  input: ZoneInput,
  limit: number,
  signal?: AbortSignal,
): Promise<Inside> =>
  server.ask({
    method: "POST",
    path: `${path}/inside`,
    query: { limit },
    body: input,
    answer: Inside,
    signal,
  });

const Imported = z.object({
  created: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  faults: z.array(
    z.object({
      index: z.int(),
      field: z.string(),
      detail: z.string(),
      place: z.array(z.number()).optional(),
    }),
  ),
});
export type Imported = z.infer<typeof Imported>;
const IMPORT_MS_MAX = 60_000;

/** Brings a GeoJSON file in; `isDryRun` only says what would be. */
export const importZones = (
  collection: unknown,
  options: { readonly isDryRun: boolean; readonly isPartial: boolean },
): Promise<Imported> =>
  server.ask({
    method: "POST",
    path: `${path}/import`,
    query: { dryRun: options.isDryRun, partial: options.isPartial },
    body: collection,
    answer: Imported,
    timeoutMs: IMPORT_MS_MAX,
  });
