import { useConsole } from "../../state/use-console.ts";
import { quantities } from "../text/quantity.ts";

/** How altitudes, speeds and climbs are shown to this viewer. */
export const useUnits = (): (typeof quantities)["metric"] =>
  quantities[useConsole((state) => state.units)];
