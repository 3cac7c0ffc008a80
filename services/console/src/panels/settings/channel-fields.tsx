import { Field, SelectField } from "../controls/field.tsx";
import { channelFields, type ChannelField, type ReceiverForm } from "./receiver-form.ts";

export interface ChannelFieldsProps {
  readonly form: ReceiverForm;
  readonly isNew: boolean;
  /** Names of what must be filled in still. */
  readonly missing: readonly string[];
  /** What the server said of a field. */
  readonly mistakeOf: (name: string) => string | undefined;
  readonly onChange: (texts: ReceiverForm["texts"]) => void;
}

/** What the kind of receiver asks for. Secrets can be written and not read. */
export function ChannelFields(props: ChannelFieldsProps) {
  const { form, missing, mistakeOf, isNew } = props;
  const change = (name: string, text: string): void =>
    props.onChange({ ...form.texts, [name]: text });
  return channelFields[form.kind].map((field) => {
    const { name, label } = field;
    const text = form.texts[name] ?? "";
    const mistake = missing.includes(name) ? "Needed" : mistakeOf(name);
    if (field.choices !== undefined) {
      return (
        <SelectField
          key={name}
          label={label}
          value={text}
          options={field.choices.map((value) => ({ value, label: value }))}
          onChange={(value) => change(name, value)}
        />
      );
    }
    return (
      <Field key={name} label={label} mistake={mistake}>
        <input
          type={field.sort === "secret" ? "password" : "text"}
          inputMode={field.sort === "number" ? "numeric" : undefined}
          autoComplete="off"
          spellCheck={false}
          value={text}
          placeholder={placeholderOf(field, isNew)}
          aria-invalid={mistake !== undefined}
          onChange={({ target }) => change(name, target.value)}
        />
      </Field>
    );
  });
}

function placeholderOf(field: ChannelField, isNew: boolean): string | undefined {
  if (field.sort === "secret" && !isNew) return "stays as it is";
  return field.placeholder ?? (field.isOptional === true ? "none" : undefined);
}
