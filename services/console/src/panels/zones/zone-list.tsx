import { useState } from "react";
import { zoneCollection } from "@drover/core/model/zone-geojson";
import type { Zone } from "@drover/core/model/zone";
import { askInsideCounted, askZones } from "../../api/zones.ts";
import { hideZones } from "../../state/actions.ts";
import { useConsole } from "../../state/use-console.ts";
import { saveFile } from "../asset/save-file.ts";
import { Icon } from "../controls/icon.tsx";
import { Empty, Mistake } from "../controls/note.tsx";
import { Panel } from "../controls/panel.tsx";
import { useAct } from "../controls/use-act.ts";
import { useAsk } from "../controls/use-ask.ts";
import { useMay } from "../controls/use-role.ts";
import { useSeen } from "../controls/use-seen.ts";
import { findBest } from "../text/find.ts";
import { zoneSummary } from "./zone-words.ts";
import { showImport, showZoneForm, showZonePage } from "./zones-view.ts";

/** Lines at first; so many more come with each press of the button. */
const LINES = 100;

const textOf = ({ name, id }: Zone): string => `${name} ${id}`;

/** Every zone, with how many are in it. */
export function ZoneList() {
  const zones = useConsole((state) => state.zones);
  const mayEdit = useMay("operator");
  const [text, setText] = useState("");
  const [lines, setLines] = useState(LINES);
  const sorted = zones.toSorted((a, b) => a.name.localeCompare(b.name));
  const found = text === "" ? sorted : findBest(text, sorted, { textOf, limit: zones.length });
  return (
    <Panel
      title="Zones"
      count={zones.length}
      actions={mayEdit && zones.length > 0 && <NewZone />}
      bar={
        zones.length > 0 && (
          <input
            type="search"
            aria-label="Search zones"
            placeholder="Search zones"
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        )
      }
    >
      {zones.length === 0 && <NoZones mayEdit={mayEdit} />}
      <ul className="items">
        {found.slice(0, lines).map((zone) => (
          <ZoneLine key={zone.id} zone={zone} />
        ))}
      </ul>
      {found.length > lines && (
        <button type="button" onClick={() => setLines(lines + LINES)}>
          Show {Math.min(LINES, found.length - lines)} more
        </button>
      )}
      {zones.length > 0 && <Files mayEdit={mayEdit} />}
    </Panel>
  );
}

function NewZone() {
  return (
    <button type="button" className="primary" onClick={() => showZoneForm()}>
      <Icon name="plus" />
      New zone
    </button>
  );
}

function NoZones({ mayEdit }: { readonly mayEdit: boolean }) {
  return (
    <Empty title="No zones yet">
      <span>
        A zone is a place worth watching: Drover notices who enters it, who leaves, who stays.
      </span>
      {mayEdit ? (
        <div className="row">
          <NewZone />
          <button type="button" onClick={showImport}>
            <Icon name="upload" />
            Import GeoJSON
          </button>
        </div>
      ) : (
        <span>An operator can draw one.</span>
      )}
    </Empty>
  );
}

function Files({ mayEdit }: { readonly mayEdit: boolean }) {
  const save = useAct(async () => {
    const zones = await askZones();
    const text = JSON.stringify(zoneCollection(zones), null, 1);
    saveFile("zones.geojson", "application/geo+json", text);
  });
  return (
    <section className="row zone-files" aria-label="Files">
      <button type="button" disabled={save.isBusy} onClick={() => void save.run()}>
        <Icon name="download" />
        Export GeoJSON
      </button>
      {mayEdit && (
        <button type="button" onClick={showImport}>
          <Icon name="upload" />
          Import
        </button>
      )}
      <Mistake error={save.error} />
    </section>
  );
}

const COUNT_EVERY_MS = 10_000;

function ZoneLine({ zone }: { readonly zone: Zone }) {
  const [place, isSeen] = useSeen<HTMLLIElement>();
  const hidden = useConsole((state) => state.hiddenZones);
  const asked = useAsk(
    isSeen ? `inside ${zone.id} ${zone.version}` : undefined,
    (signal) => askInsideCounted(zone.id, 1, signal),
    { everyMs: COUNT_EVERY_MS },
  );
  const isHidden = hidden.includes(zone.id);
  const others = hidden.filter((id) => id !== zone.id);
  const count = asked.value?.count;
  return (
    <li ref={place} className="item">
      <span className="swatch" style={{ background: zone.color ?? "var(--accent)" }} />
      <span className="item-main">
        <button type="button" className="link item-title" onClick={() => showZonePage(zone.id)}>
          {zone.name}
        </button>
        <br />
        <small className="muted">{zoneSummary(zone)}</small>
      </span>
      {!zone.isEnabled && <span className="badge">off</span>}
      <span className={count ? "badge good" : "badge"} title="Inside now">
        {count ?? "–"} <span className="hidden-visually">inside now</span>
      </span>
      <button
        type="button"
        className="quiet icon-only"
        aria-pressed={!isHidden}
        aria-label={`${zone.name} on the map`}
        title={isHidden ? "Show on the map" : "Hide on the map"}
        onClick={() => hideZones(isHidden ? others : [...others, zone.id])}
      >
        <Icon name={isHidden ? "hidden" : "shown"} />
      </button>
    </li>
  );
}
