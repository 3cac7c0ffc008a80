import type { Rule } from "@drover/core/model/rule";
import { askRules } from "../../api/rules.ts";
import { useAsk, type Asked } from "../controls/use-ask.ts";

const EVERY_MS = 30_000;

/** Every rule; asked again now and then, for others change them too. */
export const useRules = (): Asked<readonly Rule[]> =>
  useAsk("rules", askRules, { everyMs: EVERY_MS });
