// Zones in all their versions: what holds now, and what held then.

import { type Zone, ZoneInput } from "../model/zone.ts";
import { createDefinitions } from "./definitions.ts";
import type { Definitions, DefinitionsDeps } from "./definitions.ts";

export type Zones = Definitions<ZoneInput, Zone>;

/** Zones that hold at once; one more is refused (reject). */
export const zonesMax = 20_000;

export function createZones(deps: DefinitionsDeps): Zones {
  return createDefinitions<ZoneInput, Zone>(
    {
      kind: "zone",
      countMax: zonesMax,
      parse: (body) => ZoneInput.parse(body),
      build: (input, { id, version, validFrom, validUntil }) => ({
        ...input,
        id,
        version,
        validFrom,
        ...(validUntil !== undefined && { validUntil }),
      }),
    },
    deps,
  );
}
