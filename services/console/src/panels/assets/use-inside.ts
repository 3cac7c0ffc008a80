import { useMemo } from "react";
import { askInside } from "../../api/zones.ts";
import { useAsk } from "../controls/use-ask.ts";

const EVERY_MS = 5_000;

/** The assets that are in a zone now, by what watching confirmed; undefined until it is known. */
export function useInside(zone: string | undefined): {
  readonly inside: ReadonlySet<string> | undefined;
  readonly error: unknown;
} {
  const { value, error } = useAsk(
    zone === undefined ? undefined : `inside ${zone}`,
    (signal) => askInside(zone ?? "", signal),
    { everyMs: EVERY_MS },
  );
  const inside = useMemo(() => value && new Set(value.map(({ asset }) => asset)), [value]);
  return { inside, error };
}
