// What the panel of rules shows; it outlives the panel, as a form half filled in should.

import { createStore } from "zustand/vanilla";
import { useStore } from "zustand";
import type { Rule } from "@drover/core/model/rule";
import { ruleFormOf, type RuleForm } from "./rule-form.ts";

export interface RuleEdit {
  readonly kind: "edit";
  /** The rule that is changed, in the version that was read; a new one when absent. */
  readonly rule: Rule | undefined;
  readonly form: RuleForm;
  /** Makes a create that is sent again the same one. */
  readonly key: string;
}
export type RulesView = { readonly kind: "list" } | RuleEdit;

const rulesView = createStore<{ readonly view: RulesView }>(() => ({ view: { kind: "list" } }));
export const useRulesView = (): RulesView => useStore(rulesView, ({ view }) => view);

export const showRules = (): void => rulesView.setState({ view: { kind: "list" } });

/** Opens the form of a rule, or of a new one. */
export const showRuleForm = (rule?: Rule): void =>
  rulesView.setState({
    view: { kind: "edit", rule, form: ruleFormOf(rule), key: crypto.randomUUID() },
  });

export function changeRuleForm(change: Partial<RuleForm>): void {
  const { view } = rulesView.getState();
  if (view.kind === "edit") {
    rulesView.setState({ view: { ...view, form: { ...view.form, ...change } } });
  }
}
