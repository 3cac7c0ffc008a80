import { NumberField } from "../controls/field.tsx";
import type { Quantity } from "../text/quantity.ts";

type SiRange = readonly [number, number];

export interface RangeFieldsProps {
  readonly label: string;
  readonly quantity: Quantity;
  /** What an empty beginning stands for, SI; an empty end has no limit. */
  readonly lowestSi: number;
  readonly range: SiRange | undefined;
  readonly onChange: (range: SiRange | undefined) => void;
}

/** So great that nothing is beyond it, and still a number in an address. */
const HIGHEST_SI = 1e9;

/** From and to, either of which may be left open. */
export function RangeFields({ label, quantity, lowestSi, range, onChange }: RangeFieldsProps) {
  const [least, most] = range ?? [lowestSi, HIGHEST_SI];
  const shown = (si: number, open: number): number | undefined =>
    si === open ? undefined : Number(quantity.shown(si).toFixed(1));
  const change = (from: number, to: number): void =>
    onChange(from === lowestSi && to === HIGHEST_SI ? undefined : [from, to]);
  const si = (value: number | undefined, open: number): number =>
    value === undefined ? open : quantity.si(value);
  return (
    <div className="fields">
      <NumberField
        label={`${label} from`}
        unit={quantity.unit}
        placeholder="any"
        value={shown(least, lowestSi)}
        onChange={(value) => change(si(value, lowestSi), most)}
      />
      <NumberField
        label="to"
        unit={quantity.unit}
        placeholder="any"
        value={shown(most, HIGHEST_SI)}
        onChange={(value) => change(least, si(value, HIGHEST_SI))}
      />
    </div>
  );
}
