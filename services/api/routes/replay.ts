import { z } from "zod";
import type { Clock } from "@drover/core/service/clock";
import { badRequest, unavailable } from "@drover/core/service/problem";
import { framesType, type Replay } from "../live/replay.ts";
import { BoundingBox, Kinds, rangeOf, rangeShape, whole } from "./parameters.ts";
import { route, type Route } from "./route.ts";

const STEPS_MAX = 20_000;
const RETRY_MS = 5_000;

/** What moved, as the live feed's frames: docs/live-protocol.md "Replay". */
export function replayRoutes(deps: {
  readonly replay: Replay;
  readonly clock: Pick<Clock, "now">;
}): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/replay",
      summary: "What moved, as the live feed's binary frames, each after its length",
      access: "viewer",
      query: z.strictObject({
        ...rangeShape,
        stepMs: whole({ min: 250, max: 86_400_000, default: 10_000 }),
        box: BoundingBox.optional(),
        kinds: Kinds.optional(),
      }),
      answer: { type: framesType, schema: z.string().meta({ format: "binary" }) },
      handle: async ({ query, signal, reply }) => {
        const { from, to } = rangeOf(query, deps.clock.now());
        const { stepMs, box } = query;
        if ((to - from) / stepMs > STEPS_MAX) {
          const detail = `more than ${STEPS_MAX} steps: ask for a shorter time or a longer stepMs`;
          throw badRequest(detail, [{ field: "stepMs", detail }]);
        }
        using seat = deps.replay.seat();
        if (!seat) throw unavailable("replay: no room for one more", RETRY_MS);
        const kinds = query.kinds && [...query.kinds];
        await deps.replay.play(reply.raw, { from, to, stepMs, box, kinds }, signal);
        reply.hijack();
        return undefined;
      },
    }),
  ];
}
