// Editing a condition: a tree of groups (`all`, `any`) whose leaves say something of a report. A part is
// named by its path: the places to take from the root, one for each group.

import { ruleLimits, type Condition } from "@drover/core/model/rule";

export type ConditionType = Condition["type"];
export type LeafType = Exclude<ConditionType, "all" | "any">;
export type Group = Extract<Condition, { readonly type: "all" | "any" }>;
export type Path = readonly number[];

export const isGroup = (condition: Condition): condition is Group =>
  condition.type === "all" || condition.type === "any";

/** The part at a path; undefined when there is none. */
export function partAt(root: Condition, path: Path): Condition | undefined {
  let part: Condition | undefined = root;
  for (const index of path) {
    if (part === undefined || !isGroup(part)) return undefined;
    part = part.of[index];
  }
  return part;
}

/** The tree with another part at a path; as it was when the path leads nowhere. */
export function replaceAt(root: Condition, path: Path, next: Condition): Condition {
  const [index, ...rest] = path;
  if (index === undefined) return next;
  if (!isGroup(root) || root.of[index] === undefined) return root;
  return { ...root, of: root.of.map((one, i) => (i === index ? replaceAt(one, rest, next) : one)) };
}

/** Adds a part at the end of the group at a path, unless the group is full. */
export function addAt(root: Condition, path: Path, part: Condition): Condition {
  const group = partAt(root, path);
  if (group === undefined || !isGroup(group)) return root;
  if (group.of.length >= ruleLimits.conditions) return root;
  return replaceAt(root, path, { ...group, of: [...group.of, part] });
}

/** Takes a part out. A group that is left with one part becomes that part; the root always stays. */
export function removeAt(root: Condition, path: Path): Condition {
  const index = path.at(-1);
  const parent = path.slice(0, -1);
  const group = partAt(root, parent);
  if (index === undefined || group === undefined || !isGroup(group)) return root;
  const of = group.of.filter((_, i) => i !== index);
  const [only] = of;
  if (only === undefined) return root;
  return replaceAt(root, parent, of.length === 1 ? only : { ...group, of });
}

/** Puts a group around a part, with another part beside it. */
export function wrapAt(
  root: Condition,
  path: Path,
  { type, beside }: { readonly type: Group["type"]; readonly beside: Condition },
): Condition {
  const part = partAt(root, path);
  return part === undefined ? root : replaceAt(root, path, { type, of: [part, beside] });
}

/** `all` becomes `any` and the other way. */
export function turnAt(root: Condition, path: Path): Condition {
  const group = partAt(root, path);
  if (group === undefined || !isGroup(group)) return root;
  return replaceAt(root, path, { ...group, type: group.type === "all" ? "any" : "all" });
}

/** Groups that lie in each other at the deepest place. */
export function depthOf(condition: Condition): number {
  return isGroup(condition) ? 1 + Math.max(0, ...condition.of.map(depthOf)) : 0;
}

/** Whether another group may be put around the part at a path. */
export function mayWrap(root: Condition, path: Path): boolean {
  const part = partAt(root, path);
  if (part === undefined || part.type === "count") return false;
  return path.length + 1 + depthOf(part) <= ruleLimits.depth;
}

/** A new leaf with what is wanted most often; `zone` is the first zone that there is. */
export function newLeaf(type: LeafType, zone: string, metric = "batteryV"): Condition {
  switch (type) {
    case "threshold":
      return { type, metric, below: 11.8 };
    case "rate":
      return { type, metric, abovePerSecond: 1, overMs: 60_000 };
    case "silence":
      return { type, missed: 4 };
    case "attribute":
      return { type, name: "squawk", oneOf: ["7500", "7600", "7700"] };
    case "in-zone":
      return { type, zone };
    case "count":
      return { type, zone, above: 0 };
  }
}
