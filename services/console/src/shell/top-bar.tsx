import { useEffect, useState } from "react";
import { isReplayLoading, movers, shownMs } from "../live/feed.ts";
import { useMovers } from "../live/use-movers.ts";
import { openHelp, openPalette, openPanel, setClock, setFilter } from "../state/actions.ts";
import type { LinkState } from "../state/store.ts";
import { useConsole } from "../state/use-console.ts";

export function TopBar() {
  return (
    <header className="top-bar">
      <h1>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 18 12 3l8 15-8-3.5z" />
        </svg>
        Drover
      </h1>
      <Search />
      <Link />
      <Counts />
      <span className="spread" />
      <AlertBadge />
      <Clock />
      <button
        type="button"
        className="quiet wide-only"
        title="Commands (Ctrl K)"
        onClick={openPalette}
      >
        <kbd>Ctrl K</kbd>
      </button>
      <button type="button" className="quiet wide-only" title="Keys (?)" onClick={openHelp}>
        <kbd>?</kbd>
      </button>
    </header>
  );
}

function Search() {
  const text = useConsole(({ filter }) => filter.text ?? "");
  return (
    <input
      id="search"
      className="search"
      type="search"
      placeholder="Search assets  /"
      aria-label="Show only assets whose name or id contains"
      autoComplete="off"
      spellCheck={false}
      maxLength={64}
      value={text}
      onChange={({ target }) => setFilter({ text: target.value })}
      onKeyDown={({ key }) => {
        if (key === "Enter") openPanel("assets");
      }}
    />
  );
}

const links: Readonly<Record<LinkState, { readonly text: string; readonly tone: string }>> = {
  connecting: { text: "connecting", tone: "info" },
  live: { text: "live", tone: "good" },
  stale: { text: "no news", tone: "warning" },
  offline: { text: "offline", tone: "critical" },
  "signed-out": { text: "signed out", tone: "" },
};

function Link() {
  const link = useConsole((state) => state.link);
  const isReplay = useConsole(({ replay }) => replay !== undefined);
  const { text, tone } = isReplay ? { text: "replay", tone: "warning" } : links[link];
  return (
    <span className={`badge link ${tone}`} role="status" data-testid="link" data-link={link}>
      {text}
      {isReplay && isReplayLoading() ? "…" : ""}
    </span>
  );
}

function Counts() {
  useMovers();
  const { count } = movers;
  return (
    <span className="counts muted" data-testid="count" data-count={count}>
      {count.toLocaleString("en")} <span className="wide-only">assets</span>
    </span>
  );
}

function AlertBadge() {
  const raised = useConsole(
    ({ alerts }) => alerts.filter(({ state }) => state === "raised").length,
  );
  if (raised === 0) return null;
  const word = raised === 1 ? "alert" : "alerts";
  return (
    <button
      type="button"
      className="badge critical"
      data-testid="alert-badge"
      aria-label={`${raised} ${word}`}
      onClick={() => openPanel("alerts")}
    >
      {raised} <span className="wide-only">{word}</span>
    </button>
  );
}

/** The moment on the screen, by the clock that the viewer chose. */
function Clock() {
  const clock = useConsole((state) => state.clock);
  const [at, setAt] = useState(shownMs);
  useEffect(() => {
    const timer = setInterval(() => setAt(shownMs()), 500);
    return () => clearInterval(timer);
  }, []);
  const timeZone = clock === "utc" ? { timeZone: "UTC" } : {};
  const text = new Date(at).toLocaleTimeString("en-GB", { ...timeZone, hour12: false });
  return (
    <button
      type="button"
      className="quiet clock"
      title="Switch between UTC and local time (U)"
      onClick={() => setClock(clock === "utc" ? "local" : "utc")}
    >
      {text} <span className="muted">{clock === "utc" ? "UTC" : "local"}</span>
    </button>
  );
}
