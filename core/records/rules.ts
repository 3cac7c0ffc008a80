// Rules in all their versions; see zones.ts.

import { type Rule, RuleInput } from "../model/rule.ts";
import { createDefinitions } from "./definitions.ts";
import type { Definitions, DefinitionsDeps } from "./definitions.ts";

export type Rules = Definitions<RuleInput, Rule>;

/** Rules that hold at once; one more is refused (reject). */
export const rulesMax = 2_000;

export function createRules(deps: DefinitionsDeps): Rules {
  return createDefinitions<RuleInput, Rule>(
    {
      kind: "rule",
      countMax: rulesMax,
      parse: (body) => RuleInput.parse(body),
      build: (input, { id, version, validFrom }) => ({
        ...input,
        id,
        version,
        updatedAt: validFrom,
      }),
    },
    deps,
  );
}
