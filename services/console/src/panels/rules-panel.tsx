import { RuleEditor } from "./rules/rule-editor.tsx";
import { RuleList } from "./rules/rule-list.tsx";
import { useRulesView } from "./rules/rules-view.ts";
import "./rules/rules.css";

/** Rules: what should be noticed in what assets report. */
export function RulesPanel() {
  const view = useRulesView();
  if (view.kind === "edit") return <RuleEditor key={view.key} view={view} />;
  return <RuleList />;
}
