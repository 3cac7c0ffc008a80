// A rule as its form has it, and back.

import { RuleInput, type Condition, type Rule } from "@drover/core/model/rule";
import type { Severity } from "@drover/core/model/severity";
import { checkCondition } from "@drover/core/watch/rules/check";
import { newLeaf } from "./condition-tree.ts";

export interface Escalation {
  readonly afterMs: number;
  readonly severity: Severity;
}

export interface RuleForm {
  readonly name: string;
  readonly kinds: readonly string[];
  /** Ids, separated by commas or spaces. */
  readonly assets: string;
  readonly condition: Condition;
  readonly forMs: number | undefined;
  readonly keepFiringMs: number | undefined;
  readonly severity: Severity;
  readonly escalations: readonly Escalation[];
  readonly isEnabled: boolean;
}

export function ruleFormOf(rule: Rule | undefined): RuleForm {
  return {
    name: rule?.name ?? "",
    kinds: rule?.applies?.kinds ?? [],
    assets: rule?.applies?.assets?.join(", ") ?? "",
    condition: rule?.condition ?? newLeaf("threshold", ""),
    forMs: rule?.forMs || undefined,
    keepFiringMs: rule?.keepFiringMs || undefined,
    severity: rule?.severity ?? "warning",
    escalations: rule?.escalations ?? [],
    isEnabled: rule?.isEnabled ?? true,
  };
}

export type RuleResult =
  | { readonly kind: "rule"; readonly input: RuleInput }
  /** By path: `name`, `condition.of.0.clearAt`. */
  | { readonly kind: "mistakes"; readonly mistakes: Readonly<Record<string, string>> };

/** The rule that a form makes, or everything that is wrong with it. */
export function ruleOf(form: RuleForm, zones: ReadonlySet<string>): RuleResult {
  const assets = form.assets.split(/[\s,]+/).filter(Boolean);
  const isForAll = form.kinds.length === 0 && assets.length === 0;
  const parsed = RuleInput.safeParse({
    name: form.name,
    ...(!isForAll && {
      applies: {
        ...(form.kinds.length > 0 && { kinds: form.kinds }),
        ...(assets.length > 0 && { assets }),
      },
    }),
    condition: form.condition,
    forMs: form.forMs ?? 0,
    keepFiringMs: form.keepFiringMs ?? 0,
    severity: form.severity,
    ...(form.escalations.length > 0 && { escalations: form.escalations }),
    isEnabled: form.isEnabled,
  });
  const mistakes: Record<string, string> = {};
  for (const { path, message } of parsed.error?.issues ?? []) {
    const field = path.join(".");
    mistakes[field] ??= wordsOf(field, message);
  }
  for (const { path, message } of checkCondition(form.condition, zones)) {
    mistakes[path] ??= message;
  }
  const isGood = parsed.success && Object.keys(mistakes).length === 0;
  return isGood ? { kind: "rule", input: parsed.data } : { kind: "mistakes", mistakes };
}

function wordsOf(field: string, message: string): string {
  if (field === "name") return "Give it a name";
  if (field.startsWith("applies.assets")) return "Write asset ids as kind:id, separated by commas";
  return message;
}
