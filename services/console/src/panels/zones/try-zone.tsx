import type { ZoneInput } from "@drover/core/model/zone";
import { dryRunZone } from "../../api/dry-run.ts";
import { DryRunView } from "../rules/dry-run-view.tsx";

/** How often a zone would have noticed something. */
export function TryZone({ input }: { readonly input: ZoneInput }) {
  return (
    <DryRunView
      of={JSON.stringify(input)}
      verb="noticed something"
      onRun={(range) => dryRunZone(input, range)}
    />
  );
}
