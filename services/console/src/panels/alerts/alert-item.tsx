import { useEffect, useRef } from "react";
import type { Alert } from "@drover/core/model/alert";
import { Age } from "../controls/age.tsx";
import { alertTitle } from "../text/alert-title.ts";
import { quietReason } from "../text/event-words.ts";
import { AlertActions } from "./alert-actions.tsx";
import { AlertStory } from "./alert-story.tsx";

export interface AlertItemProps {
  readonly alert: Alert;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
  readonly isPicked: boolean;
  /** Absent where nothing can be done to several. */
  readonly onPick: ((isPicked: boolean) => void) | undefined;
  readonly onChanged: () => void;
}

/** One alert in two lines; opened, what can be done and why it came. */
export function AlertItem(props: AlertItemProps) {
  const { alert, isOpen, onToggle, isPicked, onPick, onChanged } = props;
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (isOpen) place.current?.scrollIntoView({ block: "nearest" });
  }, [isOpen]);
  const { severity, state } = alert;
  const title = alertTitle(alert);
  return (
    <li ref={place} className={`alert ${severity} ${state}`} data-testid="alert">
      <div className="alert-head">
        {onPick && (
          <input
            type="checkbox"
            aria-label={`Pick ${title}`}
            checked={isPicked}
            onChange={({ target }) => onPick(target.checked)}
          />
        )}
        <button
          type="button"
          className="quiet alert-open"
          aria-expanded={isOpen}
          onClick={onToggle}
        >
          <span className="alert-title">{title}</span>
          <span className="alert-line">
            <Badges alert={alert} />
          </span>
        </button>
        <span className="muted alert-age">
          <Age at={alert.raisedAt} />
        </span>
      </div>
      {isOpen && (
        <div className="alert-body">
          <AlertActions alert={alert} onChanged={onChanged} />
          <AlertStory alert={alert} />
        </div>
      )}
    </li>
  );
}

function Badges({ alert }: { readonly alert: Alert }) {
  const { severity, state, count, isFlapping } = alert;
  const quiet = quietReason(alert);
  return (
    <>
      <span className={`badge ${severity}`}>{severity}</span>
      <span className={state === "raised" ? "badge" : "badge good"}>{state}</span>
      {count > 1 && <span className="badge">{count} times</span>}
      {isFlapping && (
        <span
          className="badge warning"
          title="It comes and goes: told seldom until it has calmed down"
        >
          flapping
        </span>
      )}
      {quiet !== undefined && (
        <span className="badge" title="Nobody is told of it now">
          {quiet}
        </span>
      )}
    </>
  );
}
