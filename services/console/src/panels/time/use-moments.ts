import { useMemo } from "react";
import type { Severity } from "@drover/core/model/severity";
import { askEvents } from "../../api/events.ts";
import { useConsole } from "../../state/use-console.ts";
import { useAsk } from "../controls/use-ask.ts";
import { useNames } from "../events/use-names.ts";
import { eventText } from "../text/event-words.ts";
import type { Range } from "./range.ts";

/** Something on the strip. */
export interface Moment {
  readonly id: string;
  readonly at: number;
  readonly text: string;
  /** Of an alert; absent for an event that raised none. */
  readonly severity?: Severity;
}

/** Events of a replayed range that are asked for; the newest of more. */
const EVENTS_MAX = 500;

/** Events and alerts on a strip: those the page has, and when replaying all of its range. */
export function useMoments(range: Range, isReplay: boolean): readonly Moment[] {
  const known = useConsole((state) => state.events);
  const alerts = useConsole((state) => state.alerts);
  const nameOf = useNames();
  const { from, to } = range;
  const asked = useAsk(isReplay ? `events ${from} ${to}` : undefined, (signal) =>
    askEvents({ from, to, limit: EVENTS_MAX }, signal),
  );
  const events = asked.value?.items ?? known;
  return useMemo(() => {
    const ofEvents = events.map((event): Moment => {
      const text = `${event.asset ?? ""} ${eventText(event, nameOf)}`.trim();
      return { id: event.id, at: event.at, text };
    });
    const ofAlerts = alerts.map(({ id, raisedAt, title, severity }) => ({
      id,
      at: raisedAt,
      text: title,
      severity,
    }));
    return [...ofEvents, ...ofAlerts].filter(({ at }) => at >= from && at <= to);
  }, [events, alerts, nameOf, from, to]);
}
