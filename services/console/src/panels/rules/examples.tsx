import type { WatchEvent } from "@drover/core/model/event";
import { Instant } from "../controls/age.tsx";
import { Icon } from "../controls/icon.tsx";
import { showMoment } from "../events/show-moment.ts";

const SHOWN = 10;

/** Some of what would have been noticed, each with a way to its place and time. */
export function Examples({ events }: { readonly events: readonly WatchEvent[] }) {
  if (events.length === 0) return null;
  return (
    <ul className="items" aria-label="Examples">
      {events.slice(0, SHOWN).map((event) => (
        <li key={event.id} className="item">
          <span className="item-main">
            {event.explanation.text}
            <br />
            <small className="muted">
              <Instant at={event.at} />
              {event.asset !== undefined && ` · ${event.asset}`}
            </small>
          </span>
          <button
            type="button"
            className="quiet icon-only"
            aria-label="Show where and when"
            title="Show where and when"
            onClick={() =>
              showMoment({ at: event.at, asset: event.asset, position: event.position })
            }
          >
            <Icon name="history" />
          </button>
        </li>
      ))}
    </ul>
  );
}
