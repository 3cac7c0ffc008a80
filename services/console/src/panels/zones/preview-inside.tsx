import type { ZoneInput } from "@drover/core/model/zone";
import { askWouldBeInside } from "../../api/zones.ts";
import { mistakesOf } from "../../api/problem.ts";
import { Answer } from "../controls/note.tsx";
import { useAsk } from "../controls/use-ask.ts";
import { useSettled } from "../controls/use-settled.ts";
import { AssetLinks } from "./asset-links.tsx";
import { FaultList } from "./faults.tsx";

const SETTLED_MS = 400;
const EVERY_MS = 5_000;
const SHOWN = 30;

/** Who would be in the zone now, while it is drawn. */
export function PreviewInside({ input }: { readonly input: ZoneInput }) {
  const { shape, floorM, ceilingM, applies } = input;
  const key = useSettled(JSON.stringify({ shape, floorM, ceilingM, applies }), SETTLED_MS);
  const asked = useAsk(
    `would be inside ${key}`,
    (signal) => askWouldBeInside({ ...input, name: input.name || "draft" }, SHOWN, signal),
    { everyMs: EVERY_MS },
  );
  const faults = mistakesOf(asked.error);
  return (
    <section className="group" aria-label="Inside now" aria-live="polite">
      <h3>Inside now{asked.value === undefined ? "" : `: ${asked.value.count}`}</h3>
      {faults.length > 0 ? (
        <FaultList faults={faults} />
      ) : (
        <Answer asked={asked} what="who is inside" rows={1}>
          {({ items, count }) => (
            <AssetLinks assets={items.map(({ asset }) => asset)} count={count} />
          )}
        </Answer>
      )}
    </section>
  );
}
