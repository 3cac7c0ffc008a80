import { useMovers } from "../../live/use-movers.ts";
import { Chips, Field } from "../controls/field.tsx";
import type { ZoneForm } from "./zone-form.ts";
import { changeForm } from "./zones-view.ts";

export interface SelectionFieldsProps {
  readonly form: ZoneForm;
  readonly mistakes: Readonly<Record<string, string>>;
}

/** Whom the zone is for. */
export function SelectionFields({ form, mistakes }: SelectionFieldsProps) {
  return (
    <fieldset className="group">
      <legend>Who is watched</legend>
      <KindChips kinds={form.kinds} onChange={(kinds) => changeForm({ kinds })} />
      <AssetsField
        assets={form.assets}
        mistake={mistakes["applies"]}
        onChange={(assets) => changeForm({ assets })}
      />
    </fieldset>
  );
}

export interface KindChipsProps {
  readonly kinds: readonly string[];
  readonly onChange: (kinds: readonly string[]) => void;
}

/** The kinds that are heard, and those that were chosen before. */
export function KindChips({ kinds, onChange }: KindChipsProps) {
  const { movers } = useMovers();
  const known = [...new Set([...movers.kinds, ...kinds])].filter(Boolean).toSorted();
  return (
    <div className="field">
      <span>Kinds: {kinds.length === 0 ? "every kind" : kinds.join(", ")}</span>
      <Chips
        label="Kinds"
        options={known.map((kind) => ({ value: kind, label: kind }))}
        chosen={kinds}
        onChange={onChange}
      />
    </div>
  );
}

export interface AssetsFieldProps {
  readonly assets: string;
  readonly mistake?: string | undefined;
  readonly onChange: (assets: string) => void;
}

export function AssetsField({ assets, mistake, onChange }: AssetsFieldProps) {
  return (
    <Field label="Only these assets" mistake={mistake} hint="Ids, separated by commas; none: all.">
      <input
        value={assets}
        placeholder="aircraft:7c6b2d, station:wave-hill-07"
        spellCheck={false}
        onChange={({ target }) => onChange(target.value)}
      />
    </Field>
  );
}
