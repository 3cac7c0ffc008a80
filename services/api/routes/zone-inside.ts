// Who is in a zone now, by the board: the place of each asset that was heard last, with no
// confirmation. What the watch confirmed is told by events.

import { z } from "zod";
import { Position } from "@drover/core/model/report";
import { type Zone, ZoneInput } from "@drover/core/model/zone";
import type { Zones } from "@drover/core/records/zones";
import { notFound } from "@drover/core/service/problem";
import { selectorOf } from "@drover/core/watch/selection";
import { createZoneSet, zonesAt } from "@drover/core/watch/zones/zone-set";
import type { Board } from "../live/board.ts";
import { refuseFaults } from "../zone-check.ts";
import { DefinitionParam } from "./changing.ts";
import { Instant, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { EpochMs, json } from "./shapes.ts";

const Inside = z.strictObject({
  items: z.array(
    z.strictObject({
      asset: z.string(),
      kind: z.string(),
      at: EpochMs.meta({ description: "time of the place, epoch milliseconds" }),
      position: Position,
    }),
  ),
  count: z.int().meta({ description: "all that are inside, shown or not" }),
});
type Inside = z.output<typeof Inside>;

const InsideQuery = z.strictObject({
  since: Instant.optional().meta({ description: "only whose place is of then or later" }),
  limit: whole({ min: 1, max: 10_000, default: 1_000 }),
});

export function insideRoutes(deps: {
  readonly zones: Pick<Zones, "get">;
  readonly board: Board;
}): readonly Route[] {
  const { zones, board } = deps;
  return [
    route({
      method: "GET",
      path: "/v1/zones/:id/inside",
      summary: "Who is in a zone now, by the place that was heard last",
      access: "viewer",
      params: DefinitionParam,
      query: InsideQuery,
      answer: json(Inside),
      handle: async ({ params, query }) => {
        const zone = await zones.get(params.id);
        if (zone === undefined) throw notFound(`there is no zone ${params.id}`);
        return insideOf(zone, board, query);
      },
    }),
    route({
      method: "POST",
      path: "/v1/zones/inside",
      summary: "Who would be in a zone that is not saved",
      access: "viewer",
      query: InsideQuery,
      body: ZoneInput,
      answer: json(Inside),
      handle: async ({ query, body }) => {
        refuseFaults(body);
        return insideOf({ ...body, id: "draft", version: 1, validFrom: 0 }, board, query);
      },
    }),
  ];
}

/** By shape, altitude and selection; schedules and whether the zone is watched do not count. */
function insideOf(
  zone: Zone,
  board: Board,
  query: { readonly since?: number | undefined; readonly limit: number },
): Inside {
  const { since = 0, limit } = query;
  const set = createZoneSet([{ ...zone, isEnabled: true, schedule: undefined }]);
  const selector = selectorOf(zone.applies);
  const items: Inside["items"] = [];
  board.each(({ state }) => {
    const { asset, kind, position } = state;
    if (position === undefined || position.at < since || !selector.means(asset, kind)) return;
    const { lat, lon, altitudeM } = position.value;
    if (zonesAt(set, { lat, lon, altitudeM }).length === 0) return;
    items.push({ asset, kind, at: position.at, position: position.value });
  });
  items.sort((a, b) => (a.asset < b.asset ? -1 : 1));
  return { items: items.slice(0, limit), count: items.length };
}
