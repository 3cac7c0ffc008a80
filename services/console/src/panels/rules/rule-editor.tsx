import { useMemo, useState } from "react";
import { severities } from "@drover/core/model/severity";
import { tryRule } from "../../api/dry-run.ts";
import { createRule, updateRule } from "../../api/rules.ts";
import { toast } from "../../state/actions.ts";
import { useConsole } from "../../state/use-console.ts";
import { Check, DurationField, Field, Segments } from "../controls/field.tsx";
import { Mistake } from "../controls/note.tsx";
import { Panel } from "../controls/panel.tsx";
import { useAct } from "../controls/use-act.ts";
import { useNames } from "../events/use-names.ts";
import { severityOptions } from "../zones/alert-fields.tsx";
import { Faults } from "../zones/faults.tsx";
import { AssetsField, KindChips } from "../zones/selection-fields.tsx";
import { ConditionEditor } from "./condition-editor.tsx";
import { conditionText } from "./condition-words.ts";
import { TrialView } from "./trial-view.tsx";
import { EscalationFields } from "./escalation-fields.tsx";
import { ruleOf, type RuleResult } from "./rule-form.ts";
import { changeRuleForm, showRules, type RuleEdit } from "./rules-view.ts";
import { useMetrics } from "./use-metrics.ts";

/** The form of a rule, with a try over the past before it is saved. */
export function RuleEditor({ view }: { readonly view: RuleEdit }) {
  const { rule, form } = view;
  const zones = useConsole((state) => state.zones);
  const ids = useMemo(() => new Set(zones.map(({ id }) => id)), [zones]);
  const result = useMemo(() => ruleOf(form, ids), [form, ids]);
  const [isTried, setIsTried] = useState(false);
  const save = useAct(() => saveRule(view, result));
  const all = result.kind === "mistakes" ? result.mistakes : {};
  const mistakes = isTried ? all : {};
  return (
    <Panel title={rule === undefined ? "New rule" : `Edit ${rule.name}`} onBack={showRules}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setIsTried(true);
          if (result.kind === "rule") void save.run();
        }}
      >
        <Field label="Name" mistake={mistakes["name"]}>
          <input
            value={form.name}
            maxLength={120}
            placeholder="Low battery"
            onChange={({ target }) => changeRuleForm({ name: target.value })}
          />
        </Field>
        <RuleCondition view={view} mistakes={all} />
        <fieldset className="group">
          <legend>Who it is for</legend>
          <KindChips kinds={form.kinds} onChange={(kinds) => changeRuleForm({ kinds })} />
          <AssetsField
            assets={form.assets}
            mistake={Object.entries(mistakes).find(([path]) => path.startsWith("applies"))?.[1]}
            onChange={(assets) => changeRuleForm({ assets })}
          />
        </fieldset>
        <HowBad view={view} />
        {result.kind === "rule" && (
          <TrialView
            of={JSON.stringify(result.input)}
            verb="fired"
            onRun={(range) => tryRule(result.input, range)}
          />
        )}
        <Faults error={save.error} />
        <Mistake error={save.error} />
        <div className="form-foot">
          <button type="submit" className="primary" disabled={save.isBusy}>
            {save.isBusy ? "Saving…" : "Save rule"}
          </button>
          <button type="button" onClick={showRules}>
            Discard
          </button>
        </div>
      </form>
    </Panel>
  );
}

async function saveRule({ rule, key }: RuleEdit, result: RuleResult): Promise<void> {
  if (result.kind !== "rule") return;
  const { input } = result;
  const saved =
    rule === undefined
      ? await createRule(input, key)
      : await updateRule(rule.id, input, rule.version);
  toast(`${saved.name} is saved`);
  showRules();
}

interface RuleConditionProps {
  readonly view: RuleEdit;
  readonly mistakes: Readonly<Record<string, string>>;
}

function RuleCondition({ view, mistakes }: RuleConditionProps) {
  const { condition, forMs, keepFiringMs } = view.form;
  const zones = useConsole((state) => state.zones);
  const metrics = useMetrics();
  const nameOf = useNames();
  return (
    <fieldset className="group">
      <legend>Condition</legend>
      <ConditionEditor
        condition={condition}
        zones={zones}
        metrics={metrics}
        mistakes={mistakes}
        onChange={(next) => changeRuleForm({ condition: next })}
      />
      <div className="fields">
        <DurationField
          label="It holds for"
          valueMs={forMs}
          placeholder="at once"
          onChange={(ms) => changeRuleForm({ forMs: ms })}
        />
        <DurationField
          label="Goes on firing for"
          valueMs={keepFiringMs}
          placeholder="not longer"
          onChange={(ms) => changeRuleForm({ keepFiringMs: ms })}
        />
      </div>
      <p className="muted" aria-live="polite">
        Fires when: {conditionText(condition, nameOf)}.
      </p>
    </fieldset>
  );
}

function HowBad({ view }: { readonly view: RuleEdit }) {
  const { severity, escalations, isEnabled } = view.form;
  const worst = severities.at(-1);
  return (
    <fieldset className="group">
      <legend>How bad it is</legend>
      <Segments
        label="How bad it is"
        isLabelHidden
        value={severity}
        options={severityOptions}
        onChange={(next) => changeRuleForm({ severity: next })}
      />
      {severity !== worst && <EscalationFields escalations={escalations} />}
      <Check
        label="Watch for this rule"
        isOn={isEnabled}
        onChange={(next) => changeRuleForm({ isEnabled: next })}
      />
    </fieldset>
  );
}
