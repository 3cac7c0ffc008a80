import { togglePanel } from "../state/actions.ts";
import type { PanelName } from "../state/store.ts";
import { useConsole } from "../state/use-console.ts";

const entries: readonly {
  readonly panel: PanelName;
  readonly label: string;
  readonly path: string;
}[] = [
  { panel: "assets", label: "Assets", path: "M4 6h12M4 10h12M4 14h8" },
  { panel: "alerts", label: "Alerts", path: "M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13zM8.5 18h3" },
  { panel: "zones", label: "Zones", path: "M4 5.5 11 3l6 5-3 8.5-9-1z" },
  { panel: "rules", label: "Rules", path: "M3 6h8m4 0h2M3 14h2m4 0h8M11 4v4h4V4zM5 12v4h4v-4z" },
  { panel: "events", label: "Events", path: "M10 5.5V10l3 2M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0" },
  {
    panel: "heat",
    label: "Heat",
    path: "m7 3 3 1.7v3.5L7 10 4 8.2V4.7zM13 8l3 1.7v3.5L13 15l-3-1.8V9.7z",
  },
  { panel: "links", label: "Links", path: "M3 14v3m4.5-6v6M12 7.5V17m4.5-13v13" },
  {
    panel: "settings",
    label: "Settings",
    path: "M3 5.5h7m4 0h3m-7-2v4M3 10h2m4 0h8M5 8v4m-2 2.5h8m4 0h2m-6-2v4",
  },
];

/** The ways into the panels: a rail on the left, a bar at the bottom of a phone. */
export function Rail() {
  const panel = useConsole((state) => state.panel);
  const raised = useConsole(
    ({ alerts }) => alerts.filter(({ state }) => state === "raised").length,
  );
  return (
    <nav className="rail" aria-label="Panels">
      {entries.map(({ panel: name, label, path }) => (
        <button
          key={name}
          type="button"
          className="quiet"
          title={label}
          aria-pressed={panel === name || (name === "assets" && panel === "asset")}
          data-testid={`open-${name}`}
          onClick={() => togglePanel(name)}
        >
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d={path} />
          </svg>
          <span>{label}</span>
          {name === "alerts" && raised > 0 && (
            <em className="count" aria-label={`${raised} raised`}>
              {raised > 99 ? "99+" : raised}
            </em>
          )}
        </button>
      ))}
    </nav>
  );
}
