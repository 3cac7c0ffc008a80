import { DurationField, NumberField } from "../controls/field.tsx";
import { durationText } from "../text/duration.ts";
import { usualConfirmation, type ZoneForm } from "./zone-form.ts";
import { changeForm } from "./zones-view.ts";

export interface ConfirmationFieldsProps {
  readonly form: ZoneForm;
  readonly mistake?: string | undefined;
}

/** What it takes to believe that somebody came or went; the usual where nothing is said. */
export function ConfirmationFields({ form, mistake }: ConfirmationFieldsProps) {
  const { fixes, enterDwellMs, exitDwellMs, exitMarginM } = form;
  const usual = usualConfirmation;
  return (
    <details className="group" open={mistake !== undefined || undefined}>
      <summary>Confirmation</summary>
      <p className="muted">
        A crossing is believed after some fixes in a row on the other side, or after some time
        there.
      </p>
      <div className="fields">
        <NumberField
          label="Fixes in a row"
          min={1}
          max={10}
          step={1}
          value={fixes}
          placeholder={String(usual.fixes)}
          mistake={mistake}
          onChange={(value) => changeForm({ fixes: value })}
        />
        <NumberField
          label="Beyond the border to leave"
          unit="m"
          min={0}
          value={exitMarginM}
          placeholder="a tenth of its size"
          onChange={(value) => changeForm({ exitMarginM: value })}
        />
        <DurationField
          label="Or so long inside"
          valueMs={enterDwellMs}
          placeholder={durationText(usual.enterDwellMs)}
          onChange={(ms) => changeForm({ enterDwellMs: ms })}
        />
        <DurationField
          label="Or so long outside"
          valueMs={exitDwellMs}
          placeholder={durationText(usual.exitDwellMs)}
          onChange={(ms) => changeForm({ exitDwellMs: ms })}
        />
      </div>
    </details>
  );
}
