import { useId, useState } from "react";
import type { ReactNode } from "react";
import { durationText, parseDuration } from "../text/duration.ts";
import "./controls.css";

export interface FieldProps {
  readonly label: string;
  /** What the value means, below it. */
  readonly hint?: ReactNode;
  /** What is wrong with it. */
  readonly mistake?: string | undefined;
  readonly children: ReactNode;
}

/** A labelled control; the label is the whole of it, so that a click anywhere reaches the control. */
export function Field({ label, hint, mistake, children }: FieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      {children}
      {mistake !== undefined && (
        <em className="mistake" role="alert">
          {mistake}
        </em>
      )}
      {hint !== undefined && mistake === undefined && <small className="muted">{hint}</small>}
    </label>
  );
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | "any";
}

export interface NumberFieldProps extends Bounds {
  readonly label: string;
  readonly unit?: string;
  readonly value: number | undefined;
  readonly onChange: (value: number | undefined) => void;
  readonly placeholder?: string;
  readonly hint?: ReactNode;
  readonly mistake?: string | undefined;
}

/** A number, or nothing. */
export function NumberField(props: NumberFieldProps) {
  const { label, unit, value, onChange, hint, mistake, step = "any", ...rest } = props;
  const title = unit === undefined || unit === "" ? label : `${label}, ${unit}`;
  return (
    <Field label={title} hint={hint} mistake={mistake}>
      <input
        type="number"
        inputMode="decimal"
        step={step}
        {...rest}
        aria-invalid={mistake !== undefined}
        value={value ?? ""}
        onChange={({ target }) =>
          onChange(Number.isNaN(target.valueAsNumber) ? undefined : target.valueAsNumber)
        }
      />
    </Field>
  );
}

export interface DurationFieldProps {
  readonly label: string;
  readonly valueMs: number | undefined;
  /** Called with what is understood alone; `undefined` when it is emptied. */
  readonly onChange: (valueMs: number | undefined) => void;
  readonly placeholder?: string;
  readonly hint?: ReactNode;
  readonly mistake?: string | undefined;
}

/** A length of time as people write it: `30 s`, `5 min`, `1 h 20 min`. */
export function DurationField(props: DurationFieldProps) {
  const { label, valueMs, onChange, placeholder, hint, mistake } = props;
  const [typed, setTyped] = useState<string | undefined>(undefined);
  const shown = typed ?? (valueMs === undefined ? "" : durationText(valueMs));
  const isUnclear =
    typed !== undefined && typed.trim() !== "" && parseDuration(typed) === undefined;
  return (
    <Field
      label={label}
      hint={hint}
      mistake={isUnclear ? "Write it as 30 s, 5 min or 1 h 20 min" : mistake}
    >
      <input
        value={shown}
        placeholder={placeholder}
        aria-invalid={isUnclear || mistake !== undefined}
        onChange={({ target }) => {
          setTyped(target.value);
          const ms = parseDuration(target.value);
          if (ms !== undefined || target.value.trim() === "") onChange(ms);
        }}
        onBlur={() => !isUnclear && setTyped(undefined)}
      />
    </Field>
  );
}

export interface CheckProps {
  readonly label: ReactNode;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly isDisabled?: boolean;
}

export function Check({ label, isOn, onChange, isDisabled = false }: CheckProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={isOn}
        disabled={isDisabled}
        onChange={({ target }) => onChange(target.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

export interface ChoiceOption<T extends string> {
  readonly value: T;
  readonly label: string;
}

export interface SelectFieldProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly ChoiceOption<T>[];
  readonly onChange: (value: T) => void;
  readonly hint?: ReactNode;
  readonly mistake?: string | undefined;
}

export function SelectField<T extends string>(props: SelectFieldProps<T>) {
  const { label, value, options, onChange, hint, mistake } = props;
  return (
    <Field label={label} hint={hint} mistake={mistake}>
      <select
        value={value}
        onChange={({ target }) => {
          const chosen = options.find((option) => option.value === target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  );
}

export interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly ChoiceOption<T>[];
  readonly onChange: (value: T) => void;
  readonly isLabelHidden?: boolean;
}

/** One of a few, all in view: radio buttons that look like one control. */
export function Segments<T extends string>(props: SegmentsProps<T>) {
  const { label, value, options, onChange, isLabelHidden = false } = props;
  const name = useId();
  return (
    <fieldset className="segments-field">
      <legend className={isLabelHidden ? "hidden-visually" : undefined}>{label}</legend>
      <div className="segments">
        {options.map((option) => (
          <label key={option.value}>
            <input
              type="radio"
              name={name}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export interface ChipsProps<T extends string> {
  readonly label: string;
  readonly options: readonly ChoiceOption<T>[];
  readonly chosen: readonly T[];
  readonly onChange: (chosen: readonly T[]) => void;
}

/** Any of a few; each is a button that is pressed or not. */
export function Chips<T extends string>({ label, options, chosen, onChange }: ChipsProps<T>) {
  return (
    <div className="chips" role="group" aria-label={label}>
      {options.map(({ value, label: word }) => {
        const isOn = chosen.includes(value);
        return (
          <button
            key={value}
            type="button"
            className="chip"
            aria-pressed={isOn}
            onClick={() =>
              onChange(isOn ? chosen.filter((one) => one !== value) : [...chosen, value])
            }
          >
            {word}
          </button>
        );
      })}
    </div>
  );
}
