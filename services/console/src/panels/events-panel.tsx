import { useState } from "react";
import { eventKinds, type EventKind, type StoredEvent } from "@drover/core/model/event";
import { askEvents } from "../api/events.ts";
import { useConsole } from "../state/use-console.ts";
import { Chips, SelectField } from "./controls/field.tsx";
import { Answer, Empty } from "./controls/note.tsx";
import { Panel } from "./controls/panel.tsx";
import { useAct } from "./controls/use-act.ts";
import { useAsk } from "./controls/use-ask.ts";
import { EventItem } from "./events/event-item.tsx";
import { eventWords } from "./text/event-words.ts";

const PAGE = 100;
const EVERY_MS = 15_000;

interface EventChoice {
  readonly kinds: readonly EventKind[];
  readonly zone: string;
  /** Of the selected asset alone. */
  readonly isOfSelected: boolean;
}

/** What watching noticed, the newest first. */
export function EventsPanel() {
  const [choice, setChoice] = useState<EventChoice>({ kinds: [], zone: "", isOfSelected: false });
  const selected = useConsole((state) => state.selected.at(-1));
  const question = {
    kinds: choice.kinds,
    zone: choice.zone === "" ? undefined : choice.zone,
    asset: choice.isOfSelected ? selected : undefined,
    limit: PAGE,
  };
  const key = JSON.stringify(question);
  const asked = useAsk(`events ${key}`, (signal) => askEvents(question, signal), {
    everyMs: EVERY_MS,
  });
  const more = useMore(key, asked.value?.next, (cursor) => askEvents({ ...question, cursor }));
  return (
    <Panel
      title="Events"
      bar={<Filters choice={choice} onChange={setChoice} selected={selected} />}
    >
      <Answer asked={asked} what="events" rows={8}>
        {({ items }) => (
          <EventList events={[...items, ...more.items]} isFiltered={choice.kinds.length > 0} />
        )}
      </Answer>
      {more.next !== undefined && (
        <button type="button" disabled={more.isBusy} onClick={more.read}>
          Show older ones
        </button>
      )}
    </Panel>
  );
}

interface FiltersProps {
  readonly choice: EventChoice;
  readonly onChange: (choice: EventChoice) => void;
  readonly selected: string | undefined;
}

function Filters({ choice, onChange, selected }: FiltersProps) {
  const zones = useConsole((state) => state.zones);
  return (
    <>
      <Chips
        label="Kinds of events"
        options={eventKinds.map((kind) => ({ value: kind, label: eventWords[kind] }))}
        chosen={choice.kinds}
        onChange={(kinds) => onChange({ ...choice, kinds })}
      />
      <div className="fields">
        <SelectField
          label="Zone"
          value={choice.zone}
          options={[
            { value: "", label: "Any" },
            ...zones.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          onChange={(zone) => onChange({ ...choice, zone })}
        />
        <SelectField
          label="Asset"
          value={choice.isOfSelected ? "selected" : ""}
          options={[
            { value: "", label: "Any" },
            ...(selected === undefined ? [] : [{ value: "selected", label: selected }]),
          ]}
          onChange={(value) => onChange({ ...choice, isOfSelected: value === "selected" })}
        />
      </div>
    </>
  );
}

function EventList(props: {
  readonly events: readonly StoredEvent[];
  readonly isFiltered: boolean;
}) {
  if (props.events.length === 0) {
    return (
      <Empty title={props.isFiltered ? "No event of this kind" : "Nothing was noticed yet"}>
        <span>Zones and rules make events: who enters, who leaves, what goes silent.</span>
      </Empty>
    );
  }
  const unique = [...new Map(props.events.map((event) => [event.id, event])).values()];
  return (
    <ul className="items">
      {unique.map((event) => (
        <EventItem key={event.id} event={event} />
      ))}
    </ul>
  );
}

interface EventPage {
  readonly items: readonly StoredEvent[];
  readonly next?: string | undefined;
}

/** Older pages behind the first; they are dropped when something else is asked for. */
function useMore(
  key: string,
  first: string | undefined,
  ask: (cursor: string) => Promise<EventPage>,
) {
  const [held, setHeld] = useState<{ readonly key: string; readonly pages: readonly EventPage[] }>({
    key,
    pages: [],
  });
  const pages = held.key === key ? held.pages : [];
  const last = pages.at(-1);
  const next = last === undefined ? first : last.next;
  const act = useAct(async () => {
    if (next !== undefined) setHeld({ key, pages: [...pages, await ask(next)] });
  });
  const items = pages.flatMap((page) => page.items);
  return { items, next, isBusy: act.isBusy, read: () => void act.run() };
}
