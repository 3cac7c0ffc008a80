import { motionMetrics } from "@drover/core/model/rule";
import { findAssets } from "../../api/assets.ts";
import { useAsk } from "../controls/use-ask.ts";

/** Enough assets to have met every metric that is common. */
const LOOKED_AT = 2_000;

/** Names of what assets measured lately, and of how they move. */
export function useMetrics(): readonly string[] {
  const asked = useAsk("metrics", async (signal) => {
    const assets = await findAssets("", LOOKED_AT, signal);
    return [...new Set(assets.flatMap(({ measurements = {} }) => Object.keys(measurements)))];
  });
  return [...(asked.value ?? []).toSorted(), ...motionMetrics];
}
