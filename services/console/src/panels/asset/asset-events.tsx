import { askEvents } from "../../api/events.ts";
import { openPanel } from "../../state/actions.ts";
import { Answer } from "../controls/note.tsx";
import { useAsk } from "../controls/use-ask.ts";
import { EventItem } from "../events/event-item.tsx";

const EVERY_MS = 15_000;
const SHOWN = 10;

/** What watching noticed of an asset lately. */
export function AssetEvents({ asset }: { readonly asset: string }) {
  const asked = useAsk(`events ${asset}`, (signal) => askEvents({ asset, limit: SHOWN }, signal), {
    everyMs: EVERY_MS,
  });
  return (
    <section aria-label="Events">
      <h3>Events</h3>
      <Answer asked={asked} what="events" rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">
              None. A <ZonesLink /> or a rule makes them.
            </p>
          ) : (
            <ul className="items">
              {items.map((event) => (
                <EventItem key={event.id} event={event} isAssetKnown />
              ))}
            </ul>
          )
        }
      </Answer>
    </section>
  );
}

function ZonesLink() {
  return (
    <button type="button" className="link" onClick={() => openPanel("zones")}>
      zone
    </button>
  );
}
