import { useId, useMemo, useState } from "react";
import type { KeyboardEvent } from "react";
import { commands } from "../keys/key-map.ts";
import { movers } from "../live/feed.ts";
import { closePalette, openPanel, select } from "../state/actions.ts";
import { goTo } from "../state/map-orders.ts";
import { store } from "../state/store.ts";
import { Sheet } from "./controls/sheet.tsx";
import { findBest } from "./text/find.ts";
import { keyText } from "./text/key-text.ts";
import { showZone } from "./zones/show-zone.ts";

interface Entry {
  readonly id: string;
  readonly label: string;
  /** What kind of thing it is, on the right. */
  readonly sort: string;
  /** Found by these words. */
  readonly text: string;
  readonly keys?: readonly string[];
  readonly run: () => void;
}

const SHOWN = 40;
const NEAR_ZOOM = 9;

/** Everything that can be done or gone to, by typing: commands, assets, zones. */
export function CommandPalette() {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  const entries = useMemo(() => entriesOf(query), [query]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.min(entries.length - 1, Math.max(0, active + step));
      setActive(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(entries[active]);
    }
  };
  return (
    <Sheet label="Find a command, an asset or a zone" onClose={closePalette} className="palette">
      <input
        className="palette-input"
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-activedescendant={entries.length > 0 ? `${id}-${active}` : undefined}
        aria-label="Find a command, an asset or a zone"
        placeholder="Find a command, an asset or a zone"
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={({ target }) => {
          setQuery(target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div className="palette-list" id={id} role="listbox" aria-label="Found">
        {entries.map((entry, index) => (
          <div
            key={entry.id}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className="palette-item"
            onPointerMove={() => setActive(index)}
            onClick={() => run(entry)}
          >
            <span>{entry.label}</span>
            {entry.keys?.slice(0, 1).map((key) => (
              <kbd key={key}>{keyText(key)}</kbd>
            ))}
            <small className="muted">{entry.sort}</small>
          </div>
        ))}
        {entries.length === 0 && <p className="note">Nothing is called so. Try fewer letters.</p>}
      </div>
    </Sheet>
  );
}

function run(entry: Entry | undefined): void {
  if (entry === undefined) return;
  closePalette();
  entry.run();
}

function entriesOf(query: string): readonly Entry[] {
  const textOf = (entry: Entry): string => entry.text;
  const found = findBest(query, commandEntries(), { textOf, limit: SHOWN });
  if (query.trim() === "") return found;
  return findBest(query, [...found, ...zoneEntries(), ...assetEntries()], { textOf, limit: SHOWN });
}

const commandEntries = (): readonly Entry[] =>
  commands.map(({ id, keys, label, group, run }) => ({
    id: `command ${id}`,
    label,
    sort: group,
    text: `${label} ${group}`,
    keys,
    run,
  }));

const zoneEntries = (): readonly Entry[] =>
  store.getState().zones.map((zone) => ({
    id: `zone ${zone.id}`,
    label: zone.name,
    sort: "zone",
    text: `${zone.name} zone`,
    run: () => {
      openPanel("zones");
      showZone(zone);
    },
  }));

function* assetEntries(): Generator<Entry> {
  for (let slot = 0; slot < movers.slots; slot++) {
    const asset = movers.assets[slot];
    if (asset === undefined || asset === "") continue;
    const label = movers.labels[slot] ?? asset;
    yield {
      id: asset,
      label,
      sort: asset,
      text: `${label} ${asset}`,
      run: () => {
        select(asset);
        const lon = movers.columns.lon[slot] ?? Number.NaN;
        const lat = movers.columns.lat[slot] ?? Number.NaN;
        if (Number.isFinite(lon + lat)) goTo(lon, lat, NEAR_ZOOM);
      },
    };
  }
}
