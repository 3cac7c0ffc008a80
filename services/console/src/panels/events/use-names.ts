import { useMemo } from "react";
import { useConsole } from "../../state/use-console.ts";
import { useRules } from "../rules/use-rules.ts";

/** What zones and rules are called, by id. */
export function useNames(): (id: string) => string | undefined {
  const zones = useConsole((state) => state.zones);
  const rules = useRules().value;
  const names = useMemo(
    () => new Map([...zones, ...(rules ?? [])].map(({ id, name }) => [id, name])),
    [zones, rules],
  );
  return (id) => names.get(id);
}
