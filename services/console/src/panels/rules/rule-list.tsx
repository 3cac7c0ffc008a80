import type { Rule } from "@drover/core/model/rule";
import { removeRule, updateRule } from "../../api/rules.ts";
import { toast } from "../../state/actions.ts";
import { Confirm } from "../controls/confirm.tsx";
import { Icon } from "../controls/icon.tsx";
import { Answer, Empty, Mistake } from "../controls/note.tsx";
import { Panel } from "../controls/panel.tsx";
import { useAct } from "../controls/use-act.ts";
import { useMay } from "../controls/use-role.ts";
import { useNames } from "../events/use-names.ts";
import { durationText } from "../text/duration.ts";
import { appliesText } from "../zones/zone-words.ts";
import { conditionText } from "./condition-words.ts";
import { showRuleForm } from "./rules-view.ts";
import { useRules } from "./use-rules.ts";

/** Every rule, as a sentence. */
export function RuleList() {
  const asked = useRules();
  const mayEdit = useMay("operator");
  return (
    <Panel
      title="Rules"
      count={asked.value?.length}
      actions={
        mayEdit && (
          <button type="button" className="primary" onClick={() => showRuleForm()}>
            <Icon name="plus" />
            New rule
          </button>
        )
      }
    >
      <Answer asked={asked} what="rules">
        {(rules) =>
          rules.length === 0 ? (
            <Empty title="No rules yet">
              <span>
                A rule notices what assets report: a battery that runs low, a station that falls
                silent, an emergency squawk, too many in a zone.
              </span>
              {!mayEdit && <span>An operator can make one.</span>}
            </Empty>
          ) : (
            <ul className="items">
              {rules.map((rule) => (
                <RuleItem key={rule.id} rule={rule} mayEdit={mayEdit} onChanged={asked.reload} />
              ))}
            </ul>
          )
        }
      </Answer>
    </Panel>
  );
}

interface RuleItemProps {
  readonly rule: Rule;
  readonly mayEdit: boolean;
  readonly onChanged: () => void;
}

function RuleItem({ rule, mayEdit, onChanged }: RuleItemProps) {
  const nameOf = useNames();
  const { id, name, severity, isEnabled, forMs, condition, version } = rule;
  const remove = useAct(async () => {
    await removeRule(id, version);
    toast(`${name} is removed`);
    onChanged();
  });
  const turn = useAct(async () => {
    const { id: _id, version: _version, updatedAt: _at, ...input } = rule;
    await updateRule(id, { ...input, isEnabled: !isEnabled }, version);
    onChanged();
  });
  const held = forMs > 0 ? `, for ${durationText(forMs)}` : "";
  const who = appliesText(rule) || "every asset";
  return (
    <li className={isEnabled ? "rule" : "rule off"}>
      <div className="row">
        <span className={`badge ${severity}`}>{severity}</span>
        <strong className="item-main">{name}</strong>
        {!isEnabled && <span className="badge">off</span>}
      </div>
      <p>
        {conditionText(condition, nameOf)}
        {held} <span className="muted">· {who}</span>
      </p>
      {mayEdit && (
        <div className="row">
          <button type="button" onClick={() => showRuleForm(rule)}>
            <Icon name="edit" />
            Edit
          </button>
          <button type="button" disabled={turn.isBusy} onClick={() => void turn.run()}>
            Switch {isEnabled ? "off" : "on"}
          </button>
          <Confirm
            label="Delete"
            question={`Delete ${name}?`}
            verb="Delete"
            isBusy={remove.isBusy}
            onConfirm={() => void remove.run()}
          />
        </div>
      )}
      <Mistake error={remove.error ?? turn.error} />
    </li>
  );
}
