import { useState } from "react";
import type { StoredEvent } from "@drover/core/model/event";
import { movers } from "../../live/feed.ts";
import { Age } from "../controls/age.tsx";
import { Icon } from "../controls/icon.tsx";
import { eventText } from "../text/event-words.ts";
import { Why } from "./why.tsx";
import { showMoment } from "./show-moment.ts";
import { useNames } from "./use-names.ts";
import "./events.css";

export interface EventItemProps {
  readonly event: StoredEvent;
  /** It stands on the asset's own page. */
  readonly isAssetKnown?: boolean;
}

/** One event; opened, it says why it came. */
export function EventItem({ event, isAssetKnown = false }: EventItemProps) {
  const [isOpen, setIsOpen] = useState(false);
  const nameOf = useNames();
  const { asset, kind, at, retro, explanation, position } = event;
  const text = eventText(event, nameOf);
  const who = asset === undefined || isAssetKnown ? "" : `${labelOf(asset)} `;
  return (
    <li className="event">
      <div className="item">
        <button
          type="button"
          className="quiet event-open"
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
        >
          <span className={`event-mark ${kind}`} aria-hidden="true" />
          <span className="item-main">
            {who !== "" && <span className="item-title">{who}</span>}
            {text}
            {retro && (
              <span className="badge" title="Found in data that came late; nobody was told">
                late
              </span>
            )}
          </span>
          <span className="muted">
            <Age at={at} />
          </span>
        </button>
        <button
          type="button"
          className="quiet icon-only"
          aria-label={`Show where and when ${who}${text}`}
          title="Show where and when"
          onClick={() => showMoment({ at, asset, position: position ?? explanation.fixes?.at(-1) })}
        >
          <Icon name="history" />
        </button>
      </div>
      {isOpen && <Why explanation={explanation} />}
    </li>
  );
}

/** What the map calls it, or else the id. */
function labelOf(asset: string): string {
  const slot = movers.slotOf(asset);
  return (slot === undefined ? undefined : movers.labels[slot]) ?? asset;
}
