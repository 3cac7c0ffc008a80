import { Check, Chips, Field } from "../controls/field.tsx";
import { Icon } from "../controls/icon.tsx";
import type { ScheduleWindow, ZoneForm } from "./zone-form.ts";
import { changeForm } from "./zones-view.ts";

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].map((label, index) => ({
  value: String(index + 1),
  label,
}));
const timeZones = Intl.supportedValuesOf("timeZone");
const WINDOWS_MAX = 50;

export interface ScheduleFieldsProps {
  readonly form: ZoneForm;
  readonly mistake?: string | undefined;
}

/** When the zone is watched, in the clock of a place. */
export function ScheduleFields({ form, mistake }: ScheduleFieldsProps) {
  const { isScheduled, timeZone, windows } = form;
  const change = (index: number, part: Partial<ScheduleWindow>): void =>
    changeForm({ windows: windows.map((one, i) => (i === index ? { ...one, ...part } : one)) });
  return (
    <fieldset className="group">
      <legend>When</legend>
      <Check
        label="Only at some times"
        isOn={isScheduled}
        onChange={(isOn) => changeForm({ isScheduled: isOn })}
      />
      {isScheduled && (
        <>
          <Field label="Time zone" mistake={mistake}>
            <input
              list="time-zones"
              value={timeZone}
              onChange={({ target }) => changeForm({ timeZone: target.value })}
            />
          </Field>
          <datalist id="time-zones">
            {timeZones.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          {windows.map((window, index) => (
            <WindowFields
              // A window has no name but its place.
              // oxlint-disable-next-line react/no-array-index-key
              key={index}
              window={window}
              onChange={(part) => change(index, part)}
              onRemove={() => changeForm({ windows: windows.filter((_, i) => i !== index) })}
            />
          ))}
          <button
            type="button"
            disabled={windows.length >= WINDOWS_MAX}
            onClick={() =>
              changeForm({ windows: [...windows, { days: [6, 7], from: "08:00", to: "18:00" }] })
            }
          >
            <Icon name="plus" />
            Another window
          </button>
        </>
      )}
    </fieldset>
  );
}

interface WindowFieldsProps {
  readonly window: ScheduleWindow;
  readonly onChange: (part: Partial<ScheduleWindow>) => void;
  readonly onRemove: () => void;
}

function WindowFields({ window, onChange, onRemove }: WindowFieldsProps) {
  const isOvernight = window.to <= window.from;
  return (
    <div className="schedule-window">
      <Chips
        label="Days on which it begins"
        options={days}
        chosen={window.days.map(String)}
        onChange={(chosen) => onChange({ days: chosen.map(Number).toSorted((a, b) => a - b) })}
      />
      <div className="row">
        <input
          type="time"
          aria-label="From"
          value={window.from}
          onChange={({ target }) => onChange({ from: target.value })}
        />
        to
        <input
          type="time"
          aria-label="To"
          value={window.to}
          onChange={({ target }) => onChange({ to: target.value })}
        />
        {isOvernight && <span className="muted">of the next day</span>}
        <button
          type="button"
          className="quiet icon-only"
          aria-label="Remove this window"
          onClick={onRemove}
        >
          <Icon name="remove" />
        </button>
      </div>
    </div>
  );
}
