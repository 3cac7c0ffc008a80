import { ruleLimits } from "@drover/core/model/rule";
import { DurationField, SelectField } from "../controls/field.tsx";
import { Icon } from "../controls/icon.tsx";
import { severityOptions } from "../zones/alert-fields.tsx";
import type { Escalation } from "./rule-form.ts";
import { changeRuleForm } from "./rules-view.ts";

const HOUR_MS = 3_600_000;

/** How an alert grows worse while nobody acknowledges it. */
export function EscalationFields({ escalations }: { readonly escalations: readonly Escalation[] }) {
  const change = (index: number, part: Partial<Escalation>): void =>
    changeRuleForm({
      escalations: escalations.map((one, i) => (i === index ? { ...one, ...part } : one)),
    });
  const add: Escalation = { afterMs: HOUR_MS * (escalations.length + 1), severity: "critical" };
  return (
    <>
      {escalations.map((one, index) => (
        // A step has no name but its place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="escalation">
          <DurationField
            label="Unacknowledged for"
            valueMs={one.afterMs}
            onChange={(ms) => change(index, { afterMs: ms ?? HOUR_MS })}
          />
          <SelectField
            label="becomes"
            value={one.severity}
            options={severityOptions}
            onChange={(severity) => change(index, { severity })}
          />
          <button
            type="button"
            className="quiet icon-only"
            aria-label="Remove this step"
            onClick={() =>
              changeRuleForm({ escalations: escalations.filter((_, i) => i !== index) })
            }
          >
            <Icon name="remove" />
          </button>
        </div>
      ))}
      <button
        type="button"
        disabled={escalations.length >= ruleLimits.steps}
        onClick={() => changeRuleForm({ escalations: [...escalations, add] })}
      >
        <Icon name="plus" />
        Grows worse when nobody acknowledges
      </button>
    </>
  );
}
