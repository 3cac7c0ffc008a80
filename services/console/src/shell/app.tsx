// The frame of the page: bar on top, rail and panel on the left, the map, time below. Its places are
// fixed, so that nothing moves when a part arrives.

import { Suspense } from "react";
import { useConsole } from "../state/use-console.ts";
import { ErrorBoundary } from "./error-boundary.tsx";
import { HoverCard } from "./hover-card.tsx";
import { Legend } from "./legend.tsx";
import { MapControls } from "./map-controls.tsx";
import { MapView } from "./map-view.tsx";
import { MoversTable } from "./movers-table.tsx";
import { CommandPalette, HelpSheet, TimeBar, Toasts, panels } from "./panels.ts";
import { Rail } from "./rail.tsx";
import { SignIn } from "./sign-in.tsx";
import { TopBar } from "./top-bar.tsx";
import { useKeys } from "../keys/use-keys.ts";

export function App() {
  const isSignedOut = useConsole(({ link }) => link === "signed-out");
  useKeys();
  return (
    <>
      <div className="shell" inert={isSignedOut}>
        <a className="skip" href="#map-table">
          To the list of what is on the map
        </a>
        <TopBar />
        <Rail />
        <PanelPlace />
        <main className="stage">
          <MapView />
          <HoverCard />
          <Legend />
          <MapControls />
          <MoversTable />
        </main>
        <footer className="time-place">
          <Part>
            <TimeBar />
          </Part>
        </footer>
        <Part>
          <Toasts />
        </Part>
        {!isSignedOut && <Sheets />}
      </div>
      {isSignedOut && <SignIn />}
    </>
  );
}

function PanelPlace() {
  const name = useConsole(({ panel }) => panel);
  if (name === undefined) return null;
  const Panel = panels[name];
  return (
    <aside className="panel-place" data-testid={`panel-${name}`}>
      <ErrorBoundary key={name}>
        <Suspense fallback={<div className="panel" aria-busy="true" />}>
          <Panel />
        </Suspense>
      </ErrorBoundary>
    </aside>
  );
}

function Sheets() {
  const isPaletteOpen = useConsole((state) => state.isPaletteOpen);
  const isHelpOpen = useConsole((state) => state.isHelpOpen);
  return (
    <Part>
      {isPaletteOpen && <CommandPalette />}
      {isHelpOpen && <HelpSheet />}
    </Part>
  );
}

/** A part that may fail or come late without the rest noticing. */
function Part({ children }: { readonly children: React.ReactNode }) {
  return (
    <ErrorBoundary>
      <Suspense fallback={null}>{children}</Suspense>
    </ErrorBoundary>
  );
}
