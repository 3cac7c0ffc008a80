import { useState } from "react";
import { useConsole } from "../../state/use-console.ts";
import { Field, Segments } from "../controls/field.tsx";
import { inputInstantText, parseInputInstant } from "../text/duration.ts";
import { rangeAt, rangeChoices, rangeFault, type Range, type RangeChoice } from "./range.ts";

export interface RangePickerProps {
  readonly label: string;
  readonly choice: RangeChoice;
  readonly onChange: (choice: RangeChoice) => void;
}

const options = [
  ...rangeChoices.map(({ value, label }) => ({ value, label })),
  { value: "custom", label: "Custom" },
] as const;

/** One of a few ranges that end now, or any other. */
export function RangePicker({ label, choice, onChange }: RangePickerProps) {
  return (
    <div className="stack">
      <Segments
        label={label}
        isLabelHidden
        value={choice.name}
        options={options}
        onChange={(name) =>
          onChange(name === "custom" ? { name, custom: rangeAt(choice, Date.now()) } : { name })
        }
      />
      {choice.name === "custom" && choice.custom !== undefined && (
        <CustomRange
          range={choice.custom}
          onChange={(custom) => onChange({ name: "custom", custom })}
        />
      )}
    </div>
  );
}

function CustomRange(props: { readonly range: Range; readonly onChange: (range: Range) => void }) {
  const { range, onChange } = props;
  const clock = useConsole((state) => state.clock);
  const [typed, setTyped] = useState<Partial<Range>>(range);
  const fault = rangeFault(typed);
  const change = (part: Partial<Range>): void => {
    const next = { ...typed, ...part };
    setTyped(next);
    const { from, to } = next;
    if (from !== undefined && to !== undefined && from < to) onChange({ from, to });
  };
  const zone = clock === "utc" ? "UTC" : "local time";
  return (
    <div className="fields">
      <Field label={`From, ${zone}`}>
        <input
          type="datetime-local"
          step={1}
          defaultValue={inputInstantText(range.from, clock)}
          onChange={({ target }) => change({ from: parseInputInstant(target.value, clock) })}
        />
      </Field>
      <Field label={`To, ${zone}`} mistake={fault}>
        <input
          type="datetime-local"
          step={1}
          defaultValue={inputInstantText(range.to, clock)}
          onChange={({ target }) => change({ to: parseInputInstant(target.value, clock) })}
        />
      </Field>
    </div>
  );
}
