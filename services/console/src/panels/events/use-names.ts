import { useMemo } from "react";
import { useConsole } from "../../state/use-console.ts";
import { useRules } from "../rules/use-rules.ts";

/** What zones and rules are called, by id. */
export function useNames(): (id: string) => string | undefined {
  const zones = useConsole((state) => state.zones);
  const rules = useRules().value;
  return useMemo(() => {
    const names = new Map([...zones, ...(rules ?? [])].map(({ id, name }) => [id, name]));
    return (id: string) => names.get(id);
  }, [zones, rules]);
}
