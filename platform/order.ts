/** Something that waits for others by name. */
export type Ordered = { readonly name: string; readonly after: readonly string[] };

/** The first loop found, as the names along it, or undefined when an order exists. */
export function findCycle(items: readonly Ordered[]): readonly string[] | undefined {
  const byName = new Map(items.map((item) => [item.name, item]));
  const done = new Set<string>();

  function visit(name: string, path: readonly string[]): readonly string[] | undefined {
    const start = path.indexOf(name);
    if (start >= 0) return [...path.slice(start), name];
    if (done.has(name)) return undefined;
    for (const next of byName.get(name)?.after ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return undefined;
  }

  for (const item of items) {
    const cycle = visit(item.name, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/**
 * Groups items so that each one's `after` stands in earlier groups; starting goes forward through
 * them, stopping backward. Names that are not among the items are taken as there already.
 */
export function levelsOf<T extends Ordered>(items: readonly T[]): readonly (readonly T[])[] {
  const levels: T[][] = [];
  let waiting = [...items];
  while (waiting.length > 0) {
    const names = new Set(waiting.map((item) => item.name));
    const level = waiting.filter((item) => !item.after.some((name) => names.has(name)));
    if (level.length === 0) throw new Error("levelsOf: the items wait for each other");
    levels.push(level);
    waiting = waiting.filter((item) => !level.includes(item));
  }
  return levels;
}
