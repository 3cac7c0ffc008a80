import { useId } from "react";
import type { Condition } from "@drover/core/model/rule";
import { DurationField, Field, NumberField, SelectField } from "../controls/field.tsx";
import { metricWords } from "../text/metric.ts";
import { isGroup, newLeaf, type LeafType } from "./condition-tree.ts";

export interface LeafFieldsProps {
  readonly leaf: Condition;
  /** It is the whole condition: only so may it be a count. */
  readonly isAlone: boolean;
  readonly zones: readonly { readonly id: string; readonly name: string }[];
  readonly metrics: readonly string[];
  /** By field; the empty one is of the whole. */
  readonly mistakes: Readonly<Record<string, string>>;
  readonly onChange: (leaf: Condition) => void;
}

const types: readonly { readonly value: LeafType; readonly label: string }[] = [
  { value: "threshold", label: "A value is beyond a limit" },
  { value: "rate", label: "A value changes fast" },
  { value: "silence", label: "Nothing is heard" },
  { value: "attribute", label: "An attribute says" },
  { value: "in-zone", label: "It is in a zone" },
  { value: "count", label: "So many are in a zone" },
];

/** One thing that must hold. */
export function LeafFields(props: LeafFieldsProps) {
  const { leaf, isAlone, zones, mistakes, onChange } = props;
  if (isGroup(leaf)) return null;
  const options = types.filter(({ value }) => isAlone || value !== "count");
  return (
    <>
      <SelectField
        label="When"
        value={leaf.type}
        options={options}
        onChange={(type) => onChange(newLeaf(type, zones[0]?.id ?? ""))}
      />
      <OneLeaf {...props} leaf={leaf} />
      {mistakes[""] !== undefined && <em className="mistake">{mistakes[""]}</em>}
    </>
  );
}

type Leaf<T extends LeafType = LeafType> = Extract<Condition, { readonly type: T }>;
type FieldsOf<T extends LeafType> = Omit<LeafFieldsProps, "leaf"> & { readonly leaf: Leaf<T> };

function OneLeaf({ leaf, ...props }: FieldsOf<LeafType>) {
  switch (leaf.type) {
    case "threshold":
      return <ThresholdFields {...props} leaf={leaf} />;
    case "rate":
      return <RateFields {...props} leaf={leaf} />;
    case "silence":
      return <SilenceFields {...props} leaf={leaf} />;
    case "attribute":
      return <AttributeFields {...props} leaf={leaf} />;
    case "in-zone":
    case "count":
      return <ZoneFields {...props} leaf={leaf} />;
  }
}

const sides = [
  { value: "above", label: "above" },
  { value: "below", label: "below" },
] as const;

function ThresholdFields({ leaf, metrics, mistakes, onChange }: FieldsOf<"threshold">) {
  const { type, metric, above, below, clearAt } = leaf;
  const side = above === undefined ? "below" : "above";
  const limit = above ?? below;
  const { unit } = metricWords(metric);
  return (
    <div className="fields">
      <MetricField
        metric={metric}
        metrics={metrics}
        onChange={(next) => onChange({ ...leaf, metric: next })}
      />
      <SelectField
        label="is"
        value={side}
        options={sides}
        onChange={(next) =>
          onChange({ type, metric, [next]: limit, ...(clearAt !== undefined && { clearAt }) })
        }
      />
      <NumberField
        label="Limit"
        unit={unit}
        value={limit}
        mistake={mistakes[side]}
        onChange={(next) => onChange({ ...leaf, [side]: next })}
      />
      <NumberField
        label="Over again at"
        unit={unit}
        placeholder="the limit"
        value={clearAt}
        mistake={mistakes["clearAt"]}
        onChange={(next) => onChange({ ...leaf, clearAt: next })}
      />
    </div>
  );
}

function RateFields({ leaf, metrics, mistakes, onChange }: FieldsOf<"rate">) {
  const { type, metric, abovePerSecond, belowPerSecond, overMs } = leaf;
  const isAbove = abovePerSecond !== undefined || belowPerSecond === undefined;
  const side = isAbove ? "abovePerSecond" : "belowPerSecond";
  const limit = abovePerSecond ?? belowPerSecond;
  const { unit } = metricWords(metric);
  const rates = [
    { value: "abovePerSecond", label: "rises by more than" },
    { value: "belowPerSecond", label: "falls below" },
  ] as const;
  return (
    <div className="fields">
      <MetricField
        metric={metric}
        metrics={metrics}
        onChange={(next) => onChange({ ...leaf, metric: next })}
      />
      <SelectField
        label="does"
        value={side}
        options={rates}
        onChange={(next) => onChange({ type, metric, overMs, [next]: limit })}
      />
      <NumberField
        label="A second"
        unit={unit === "" ? "" : `${unit}/s`}
        value={limit}
        mistake={mistakes[side]}
        onChange={(next) => onChange({ ...leaf, [side]: next })}
      />
      <DurationField
        label="Measured over"
        valueMs={overMs}
        mistake={mistakes["overMs"]}
        onChange={(next) => onChange({ ...leaf, overMs: next ?? 60_000 })}
      />
    </div>
  );
}

function SilenceFields({ leaf, mistakes, onChange }: FieldsOf<"silence">) {
  const { afterMs, missed } = leaf;
  const isTimed = afterMs !== undefined;
  return (
    <div className="fields">
      <SelectField
        label="for"
        value={isTimed ? "time" : "cadence"}
        options={[
          { value: "cadence", label: "much longer than usual" },
          { value: "time", label: "a fixed time" },
        ]}
        onChange={(next) =>
          onChange(
            next === "time"
              ? { type: "silence", afterMs: 600_000 }
              : { type: "silence", missed: 4 },
          )
        }
      />
      {isTimed ? (
        <DurationField
          label="Silent for"
          valueMs={afterMs}
          mistake={mistakes["afterMs"]}
          onChange={(next) => onChange({ type: "silence", afterMs: next })}
        />
      ) : (
        <NumberField
          label="Times its cadence"
          min={1.5}
          value={missed}
          mistake={mistakes["missed"]}
          onChange={(next) => onChange({ type: "silence", missed: next })}
        />
      )}
    </div>
  );
}

function AttributeFields({ leaf, mistakes, onChange }: FieldsOf<"attribute">) {
  const { type, name, oneOf, contains } = leaf;
  const isList = oneOf !== undefined;
  const value = isList ? oneOf.join(", ") : (contains ?? "");
  const change = (text: string, asList: boolean): void => {
    const words = text
      .split(",")
      .map((word) => word.trim())
      .filter(Boolean);
    onChange(asList ? { type, name, oneOf: words } : { type, name, contains: text });
  };
  return (
    <div className="fields">
      <Field label="Attribute" mistake={mistakes["name"]}>
        <input
          value={name}
          spellCheck={false}
          onChange={({ target }) => onChange({ ...leaf, name: target.value })}
        />
      </Field>
      <SelectField
        label="is"
        value={isList ? "list" : "text"}
        options={[
          { value: "list", label: "one of" },
          { value: "text", label: "a text with" },
        ]}
        onChange={(next) => change(value, next === "list")}
      />
      <Field
        label={isList ? "These, by commas" : "Text in it"}
        mistake={mistakes["oneOf"] ?? mistakes["contains"]}
      >
        <input
          // The commas that are typed are no part of the words, so that the text is kept until it is left.
          key={isList ? "list" : "text"}
          defaultValue={value}
          spellCheck={false}
          onChange={({ target }) => change(target.value, isList)}
        />
      </Field>
    </div>
  );
}

function ZoneFields({ leaf, zones, mistakes, onChange }: FieldsOf<"in-zone" | "count">) {
  const isKnown = zones.some(({ id }) => id === leaf.zone);
  return (
    <div className="fields">
      <SelectField
        label="Zone"
        value={leaf.zone}
        mistake={zones.length === 0 ? "Draw a zone first" : mistakes["zone"]}
        options={[
          ...(isKnown ? [] : [{ value: leaf.zone, label: leaf.zone || "choose one" }]),
          ...zones.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(zone) => onChange({ ...leaf, zone })}
      />
      {leaf.type === "count" && (
        <NumberField
          label="More than"
          min={0}
          step={1}
          value={leaf.above}
          mistake={mistakes["above"]}
          onChange={(above) => onChange({ ...leaf, above: above ?? 0 })}
        />
      )}
    </div>
  );
}

interface MetricFieldProps {
  readonly metric: string;
  readonly metrics: readonly string[];
  readonly onChange: (metric: string) => void;
}

/** A metric that was heard, or any other by its name. */
export function MetricField({ metric, metrics, onChange }: MetricFieldProps) {
  const id = useId();
  return (
    <Field label="Value" hint={metricWords(metric).label}>
      <input
        list={id}
        value={metric}
        spellCheck={false}
        onChange={({ target }) => onChange(target.value)}
      />
      <datalist id={id}>
        {metrics.map((name) => (
          <option key={name} value={name}>
            {metricWords(name).label}
          </option>
        ))}
      </datalist>
    </Field>
  );
}
