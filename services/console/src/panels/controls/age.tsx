import { useConsole } from "../../state/use-console.ts";
import { ageText, instantText, shortInstantText } from "../text/duration.ts";
import { useNow } from "./use-now.ts";

/** How long ago; the instant itself on hover and for screen readers. */
export function Age({ at, suffix = "" }: { readonly at: number; readonly suffix?: string }) {
  const now = useNow();
  const clock = useConsole((state) => state.clock);
  const age = ageText(now - at);
  return (
    <time dateTime={new Date(at).toISOString()} title={instantText(at, clock)}>
      {age}
      {age !== "now" && suffix}
    </time>
  );
}

/** When, in the viewer's clock; the date only when it is not of today. */
export function Instant({ at }: { readonly at: number }) {
  const now = useNow();
  const clock = useConsole((state) => state.clock);
  return (
    <time dateTime={new Date(at).toISOString()} title={instantText(at, clock)}>
      {shortInstantText(at, clock, now)}
    </time>
  );
}
