import type { Zone } from "@drover/core/model/zone";
import { askEvents } from "../../api/events.ts";
import { askInsideCounted, refreshZones, removeZone, updateZone } from "../../api/zones.ts";
import { setFilter, toast } from "../../state/actions.ts";
import { useConsole } from "../../state/use-console.ts";
import { Icon } from "../controls/icon.tsx";
import { Confirm } from "../controls/confirm.tsx";
import { Answer, Empty, Mistake } from "../controls/note.tsx";
import { Panel } from "../controls/panel.tsx";
import { useAct } from "../controls/use-act.ts";
import { useAsk } from "../controls/use-ask.ts";
import { useMay } from "../controls/use-role.ts";
import { EventItem } from "../events/event-item.tsx";
import { eventVerbs } from "../text/event-words.ts";
import { durationText } from "../text/duration.ts";
import { AssetLinks } from "./asset-links.tsx";
import { showZone } from "./show-zone.ts";
import { Versions } from "./versions.tsx";
import { usualConfirmation } from "./zone-form.ts";
import { appliesText, bandText, scheduleText, shapeText } from "./zone-words.ts";
import { showZoneForm, showZones } from "./zones-view.ts";

const EVERY_MS = 5_000;
const INSIDE_SHOWN = 100;
const EVENTS_SHOWN = 20;

/** One zone: what it is, who is in it, what happened at it. */
export function ZonePage({ id }: { readonly id: string }) {
  const zone = useConsole(({ zones }) => zones.find((one) => one.id === id));
  if (zone === undefined) {
    return (
      <Panel title="Zone" onBack={showZones}>
        <Empty title={`There is no zone ${id}`}>
          <span>Somebody may have removed it.</span>
          <button type="button" onClick={showZones}>
            Show all zones
          </button>
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel title={zone.name} onBack={showZones}>
      <ZoneButtons zone={zone} />
      <ZoneFacts zone={zone} />
      <InsideNow zone={zone} />
      <ZoneEvents zone={zone} />
      <Versions zone={zone} />
    </Panel>
  );
}

function ZoneButtons({ zone }: { readonly zone: Zone }) {
  const mayEdit = useMay("operator");
  const isFiltered = useConsole(({ filter }) => filter.zone === zone.id);
  const remove = useAct(async () => {
    await removeZone(zone.id, zone.version);
    await refreshZones();
    toast(`${zone.name} is removed`);
    showZones();
  });
  const turn = useAct(async () => {
    const { id, version, validFrom: _from, validUntil: _until, ...input } = zone;
    await updateZone(id, { ...input, isEnabled: !zone.isEnabled }, version);
    await refreshZones();
  });
  return (
    <div className="stack">
      <div className="row">
        <button type="button" onClick={() => showZone(zone)}>
          <Icon name="place" />
          Show
        </button>
        <button
          type="button"
          aria-pressed={isFiltered}
          onClick={() => setFilter({ zone: isFiltered ? undefined : zone.id })}
        >
          Only those inside
        </button>
        {mayEdit && (
          <>
            <button type="button" onClick={() => showZoneForm(zone)}>
              <Icon name="edit" />
              Edit
            </button>
            <button type="button" disabled={turn.isBusy} onClick={() => void turn.run()}>
              Switch {zone.isEnabled ? "off" : "on"}
            </button>
            <Confirm
              label="Delete"
              question={`Delete ${zone.name}? Its events stay.`}
              verb="Delete"
              isBusy={remove.isBusy}
              onConfirm={() => void remove.run()}
            />
          </>
        )}
      </div>
      <Mistake error={remove.error ?? turn.error} />
    </div>
  );
}

function ZoneFacts({ zone }: { readonly zone: Zone }) {
  const { confirmation = usualConfirmation, alert } = zone;
  const facts: readonly (readonly [string, string])[] = [
    ["Shape", shapeText(zone.shape)],
    ["Altitude", bandText(zone) || "any"],
    ["Watches", appliesText(zone) || "everything"],
    ["When", zone.isEnabled ? scheduleText(zone) || "always" : "switched off"],
    [
      "Confirmed by",
      `${confirmation.fixes === 1 ? "one fix" : `${confirmation.fixes} fixes in a row`}, or ${durationText(confirmation.enterDwellMs)} inside, ` +
        `${durationText(confirmation.exitDwellMs)} outside`,
    ],
    [
      "Stay",
      zone.dwellMs === undefined ? "not noticed" : `noticed after ${durationText(zone.dwellMs)}`,
    ],
    [
      "Alert",
      alert === undefined
        ? "none"
        : `${alert.severity}, when an asset ${alert.on.map((kind) => eventVerbs[kind]).join(" or ")}`,
    ],
  ];
  return (
    <section aria-label="What it is">
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name} className="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function InsideNow({ zone }: { readonly zone: Zone }) {
  const asked = useAsk(
    `inside ${zone.id} ${zone.version}`,
    (signal) => askInsideCounted(zone.id, INSIDE_SHOWN, signal),
    { everyMs: EVERY_MS },
  );
  return (
    <section aria-label="Inside now">
      <h3>Inside now{asked.value === undefined ? "" : `: ${asked.value.count}`}</h3>
      <Answer asked={asked} what="who is inside" rows={2}>
        {({ items, count }) => (
          <AssetLinks assets={items.map(({ asset }) => asset)} count={count} />
        )}
      </Answer>
    </section>
  );
}

function ZoneEvents({ zone }: { readonly zone: Zone }) {
  const asked = useAsk(
    `events of ${zone.id}`,
    (signal) => askEvents({ zone: zone.id, limit: EVENTS_SHOWN }, signal),
    { everyMs: 2 * EVERY_MS },
  );
  return (
    <section aria-label="Events">
      <h3>Events</h3>
      <Answer asked={asked} what="events" rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">None yet.</p>
          ) : (
            <ul className="items">
              {items.map((event) => (
                <EventItem key={event.id} event={event} />
              ))}
            </ul>
          )
        }
      </Answer>
    </section>
  );
}
