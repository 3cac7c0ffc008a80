// Zones: what is watched, who is in it, and how it was.

import { z } from "zod";
import { Zone, type ZoneInput } from "@drover/core/model/zone";
import { pageOf, readPages } from "./page.ts";
import { server } from "./server.ts";

const pathOf = (id: string, rest = ""): string => `/v1/zones/${encodeURIComponent(id)}${rest}`;
/** More are not shown in one page of the console. */
const zonesMax = 20_000;

/** Every zone as it holds now, or held at a time. */
export const askZones = (signal?: AbortSignal, at?: number): Promise<readonly Zone[]> =>
  readPages(
    (cursor) =>
      server.ask({
        path: "/v1/zones",
        query: { at, limit: 1_000, cursor },
        answer: pageOf(Zone),
        signal,
      }),
    zonesMax,
  );

export const createZone = (input: ZoneInput, idempotencyKey: string): Promise<Zone> =>
  server.ask({ method: "POST", path: "/v1/zones", body: input, answer: Zone, idempotencyKey });

export const updateZone = (id: string, input: ZoneInput, ifVersion: number): Promise<Zone> =>
  server.ask({ method: "PUT", path: pathOf(id), body: input, answer: Zone, ifVersion });

export async function removeZone(id: string): Promise<void> {
  await server.ask({ method: "DELETE", path: pathOf(id), answer: z.unknown() });
}

const Inside = pageOf(z.object({ asset: z.string(), since: z.int().optional() }));

/** Who is in a zone now, by what watching confirmed. */
export async function askInside(id: string, signal?: AbortSignal) {
  const query = { limit: 1_000 };
  const { items } = await server.ask({
    path: pathOf(id, "/inside"),
    query,
    answer: Inside,
    signal,
  });
  return items;
}
