import { useId } from "react";
import { ruleLimits, type Condition } from "@drover/core/model/rule";
import { Icon } from "../controls/icon.tsx";
import {
  addAt,
  isGroup,
  mayWrap,
  newLeaf,
  partAt,
  removeAt,
  replaceAt,
  turnAt,
  wrapAt,
  type Group,
  type Path,
} from "./condition-tree.ts";
import { LeafFields } from "./leaf-fields.tsx";

export interface ConditionEditorProps {
  readonly condition: Condition;
  readonly zones: readonly { readonly id: string; readonly name: string }[];
  /** Names of measurements that were heard. */
  readonly metrics: readonly string[];
  /** By path: `condition.of.0`. */
  readonly mistakes: Readonly<Record<string, string>>;
  readonly onChange: (condition: Condition) => void;
}

/** A condition as boxes in boxes. */
export function ConditionEditor(props: ConditionEditorProps) {
  return (
    <div className="condition">
      <Part {...props} path={[]} />
    </div>
  );
}

type PartProps = ConditionEditorProps & { readonly path: Path };

function Part(props: PartProps) {
  const part = partAt(props.condition, props.path);
  if (part === undefined) return null;
  return isGroup(part) ? <GroupBox {...props} group={part} /> : <LeafBox {...props} leaf={part} />;
}

const pathText = (path: Path): string => ["condition", ...path.flatMap((i) => ["of", i])].join(".");

/** Mistakes of a part itself, by the field within it. */
function mistakesAt(props: PartProps): Readonly<Record<string, string>> {
  const start = pathText(props.path);
  return Object.fromEntries(
    Object.entries(props.mistakes).flatMap(([path, message]) => {
      if (path === start) return [["", message]];
      return path.startsWith(`${start}.`) ? [[path.slice(start.length + 1), message]] : [];
    }),
  );
}

function GroupBox({ group, ...props }: PartProps & { readonly group: Group }) {
  const { condition, path, onChange, zones } = props;
  const word = group.type === "all" ? "and" : "or";
  const own = mistakesAt(props)[""];
  return (
    <fieldset className="condition-group">
      <legend>
        <button
          type="button"
          className="chip"
          title="Switch between all and any"
          onClick={() => onChange(turnAt(condition, path))}
        >
          {group.type === "all" ? "All of these" : "Any of these"}
        </button>
      </legend>
      {group.of.map((_, index) => (
        // A part has no name but its place.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="condition-part">
          {index > 0 && <span className="condition-word">{word}</span>}
          <Part {...props} path={[...path, index]} />
        </div>
      ))}
      {own !== undefined && <em className="mistake">{own}</em>}
      <div className="row">
        <button
          type="button"
          disabled={group.of.length >= ruleLimits.conditions}
          onClick={() => onChange(addAt(condition, path, newLeaf("threshold", firstOf(zones))))}
        >
          <Icon name="plus" />
          {word}
        </button>
        {path.length > 0 && <Remove {...props} />}
      </div>
    </fieldset>
  );
}

const firstOf = (zones: ConditionEditorProps["zones"]): string => zones[0]?.id ?? "";

function LeafBox({ leaf, ...props }: PartProps & { readonly leaf: Condition }) {
  const { condition, path, onChange, zones, metrics } = props;
  const id = useId();
  const isWrapped = mayWrap(condition, path);
  const wrap = (type: Group["type"]): void =>
    onChange(wrapAt(condition, path, { type, beside: newLeaf("threshold", firstOf(zones)) }));
  return (
    <div className="condition-leaf" role="group" aria-labelledby={id}>
      <span id={id} className="hidden-visually">
        Condition
      </span>
      <LeafFields
        leaf={leaf}
        isAlone={path.length === 0}
        zones={zones}
        metrics={metrics}
        mistakes={mistakesAt(props)}
        onChange={(next) => onChange(replaceAt(condition, path, next))}
      />
      <div className="row">
        {isWrapped && (
          <>
            <button type="button" className="quiet" onClick={() => wrap("all")}>
              and…
            </button>
            <button type="button" className="quiet" onClick={() => wrap("any")}>
              or…
            </button>
          </>
        )}
        {path.length > 0 && <Remove {...props} />}
      </div>
    </div>
  );
}

function Remove({ condition, path, onChange }: PartProps) {
  return (
    <button
      type="button"
      className="quiet icon-only"
      aria-label="Remove this condition"
      title="Remove"
      onClick={() => onChange(removeAt(condition, path))}
    >
      <Icon name="remove" />
    </button>
  );
}
