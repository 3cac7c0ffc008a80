import { z } from "zod";
import { latestAsset, type LatestAsset } from "@drover/core/history/queries/assets";
import { notFound } from "@drover/core/service/problem";
import type { HistoryReader } from "../history-reader.ts";
import type { AssetView } from "../live/asset-state.ts";
import type { AssetFilter, Board } from "../live/board.ts";
import { collectionContent, formatShape, pointFeature, wantsGeoJson } from "./geojson.ts";
import {
  type AssetFilterQuery,
  AssetParam,
  Cursor,
  assetFilterShape,
  cursorOf,
  whole,
} from "./parameters.ts";
import { route, type Route } from "./route.ts";
import { AssetShape, json, pageOf } from "./shapes.ts";

const AssetsQuery = z.strictObject({
  ...assetFilterShape,
  ...formatShape,
  limit: whole({ min: 1, max: 10_000, default: 1_000 }),
  cursor: Cursor.optional(),
});

/** What a filter's query parameters mean to the board. */
export function filterOf(query: z.output<typeof AssetFilterQuery>): AssetFilter {
  return {
    kinds: query.kind,
    assets: query.asset,
    text: query.q?.toLowerCase(),
    box: query.bbox,
    since: query.since,
  };
}

/** The latest of every asset, from the board; only one that is not there is asked of history. */
export function assetRoutes(deps: {
  readonly board: Board;
  readonly reader: HistoryReader;
}): readonly Route[] {
  const { board, reader } = deps;
  return [
    route({
      method: "GET",
      path: "/v1/assets",
      summary: "Latest of each asset, ordered by id",
      access: "viewer",
      query: AssetsQuery,
      answer: json(pageOf(AssetShape)),
      alsoAnswers: [collectionContent],
      handle: async ({ query, reply }) => {
        const page = { after: query.cursor, limit: query.limit };
        const { items, next } = board.list(filterOf(query), page);
        const tail = next === undefined ? "" : `,"next":${JSON.stringify(cursorOf(next))}`;
        if (!wantsGeoJson(query, reply)) return `{"items":[${items.join(",")}]${tail}}`;
        const features = items.map((text) => JSON.stringify(featureOf(JSON.parse(text))));
        return `{"type":"FeatureCollection","features":[${features.join(",")}]${tail}}`;
      },
    }),
    route({
      method: "GET",
      path: "/v1/assets/:asset",
      summary: "Latest of one asset",
      access: "viewer",
      params: AssetParam,
      answer: json(AssetShape),
      handle: async ({ params, signal }) => {
        const { asset } = params;
        const onBoard = board.get(asset);
        if (onBoard !== undefined) return onBoard;
        const found = await reader.ask(signal, (history) => latestAsset(history, asset));
        if (found === undefined) throw notFound(`asset ${asset} has never been heard`);
        return viewOfLatest(found);
      },
    }),
  ];
}

function featureOf({ position, ...properties }: AssetView) {
  return pointFeature(properties.asset, position, {
    ...properties,
    ...(position && { positionAt: position.at, accuracyM: position.accuracyM }),
  });
}

/** The asset as the board would show it. */
function viewOfLatest(latest: LatestAsset): z.input<typeof AssetShape> {
  const { epoch: _epoch, seq: _seq, edge, ...view } = latest;
  return { ...view, ...(edge !== "" && { edge }) };
}
