import type { ReactNode } from "react";
import { closePanel } from "../../state/actions.ts";
import { Icon } from "./icon.tsx";
import "./controls.css";

export interface PanelProps {
  readonly title: string;
  /** Beside the title, for those who can see how many there are. */
  readonly count?: number | undefined;
  /** Leads to where this was opened from; there is no way back when absent. */
  readonly onBack?: (() => void) | undefined;
  readonly actions?: ReactNode;
  /** Between head and body; it stays when the body scrolls. */
  readonly bar?: ReactNode;
  /** The children scroll by themselves and reach from edge to edge. */
  readonly isFilled?: boolean;
  readonly children: ReactNode;
}

/** What every panel has: a head with its name and the way out, and a body that scrolls. */
export function Panel(props: PanelProps) {
  const { title, count, onBack, actions, bar, isFilled = false, children } = props;
  return (
    <section className="panel" aria-label={title}>
      <header>
        {onBack && (
          <button type="button" className="quiet icon-only" aria-label="Back" onClick={onBack}>
            <Icon name="back" />
          </button>
        )}
        <h2>
          {title}
          {count !== undefined && <span className="panel-count">{count.toLocaleString("en")}</span>}
        </h2>
        {actions}
        <button
          type="button"
          className="quiet icon-only"
          aria-label={`Close ${title}`}
          onClick={closePanel}
        >
          <Icon name="close" />
        </button>
      </header>
      {bar !== undefined && <div className="panel-bar">{bar}</div>}
      <div className={isFilled ? "body filled" : "body"}>{children}</div>
    </section>
  );
}
