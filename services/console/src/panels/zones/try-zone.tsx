import type { ZoneInput } from "@drover/core/model/zone";
import { tryZone } from "../../api/dry-run.ts";
import { TrialView } from "../rules/trial-view.tsx";

/** How often a zone would have noticed something. */
export function TryZone({ input }: { readonly input: ZoneInput }) {
  return (
    <TrialView
      of={JSON.stringify(input)}
      verb="seen a visit"
      onRun={(range) => tryZone(input, range)}
    />
  );
}
