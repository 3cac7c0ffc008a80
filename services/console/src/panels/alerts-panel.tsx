import { useMemo, useState } from "react";
import { useStore } from "zustand";
import type { Alert } from "@drover/core/model/alert";
import { severities } from "@drover/core/model/severity";
import { askAlerts } from "../api/alerts.ts";
import { useConsole } from "../state/use-console.ts";
import { alertsShown, statesOf, type AlertFilter } from "./alerts/alert-list.ts";
import { AlertItem } from "./alerts/alert-item.tsx";
import { BulkBar } from "./alerts/bulk-bar.tsx";
import { shownAlert, showAlert } from "./alerts/shown-alert.ts";
import { Silences } from "./alerts/silences.tsx";
import { Chips, Segments } from "./controls/field.tsx";
import { Answer, Empty } from "./controls/note.tsx";
import { Panel } from "./controls/panel.tsx";
import { useAsk } from "./controls/use-ask.ts";
import { useMay } from "./controls/use-role.ts";
import "./alerts/alerts.css";

const EVERY_MS = 30_000;
const LISTED = 200;

const choices = [
  { value: "standing", label: "Standing" },
  { value: "raised", label: "Raised" },
  { value: "cleared", label: "Cleared" },
] as const;

/** What somebody should know of. */
export function AlertsPanel() {
  const [filter, setFilter] = useState<AlertFilter>({ choice: "standing", severities: [] });
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const live = useConsole((state) => state.alerts);
  const mayAct = useMay("operator");
  const asked = useAsk(
    `alerts ${filter.choice}`,
    (signal) => askAlerts({ states: statesOf[filter.choice], limit: LISTED }, signal),
    { everyMs: EVERY_MS },
  );
  const [changes, setChanges] = useState(0);
  const refresh = (): void => {
    asked.reload();
    setChanges(changes + 1);
  };
  const shown = useMemo(
    () => alertsShown(asked.value?.items ?? [], live, filter),
    [asked.value, live, filter],
  );
  const pick = (id: string, isPicked: boolean): void => {
    const next = new Set(picked);
    if (isPicked) next.add(id);
    else next.delete(id);
    setPicked(next);
  };
  const isPickable = mayAct && filter.choice !== "cleared";
  return (
    <Panel
      title="Alerts"
      count={asked.value === undefined ? undefined : shown.length}
      bar={
        <>
          <Filters filter={filter} onChange={setFilter} />
          {isPickable && shown.length > 0 && (
            <BulkBar alerts={shown} picked={picked} onPick={setPicked} onDone={refresh} />
          )}
        </>
      }
    >
      <Answer asked={asked} what="alerts">
        {() => (
          <AlertItems
            alerts={shown}
            filter={filter}
            picked={picked}
            onPick={isPickable ? pick : undefined}
            onChanged={refresh}
          />
        )}
      </Answer>
      <Silences mayEnd={mayAct} changes={changes} />
    </Panel>
  );
}

interface FiltersProps {
  readonly filter: AlertFilter;
  readonly onChange: (filter: AlertFilter) => void;
}

function Filters({ filter, onChange }: FiltersProps) {
  return (
    <div className="row">
      <Segments
        label="Which alerts"
        isLabelHidden
        value={filter.choice}
        options={choices}
        onChange={(choice) => onChange({ ...filter, choice })}
      />
      <Chips
        label="Severities"
        options={severities.map((value) => ({ value, label: value }))}
        chosen={filter.severities}
        onChange={(chosen) => onChange({ ...filter, severities: chosen })}
      />
    </div>
  );
}

interface AlertItemsProps {
  readonly alerts: readonly Alert[];
  readonly filter: AlertFilter;
  readonly picked: ReadonlySet<string>;
  readonly onPick: ((id: string, isPicked: boolean) => void) | undefined;
  readonly onChanged: () => void;
}

function AlertItems({ alerts, filter, picked, onPick, onChanged }: AlertItemsProps) {
  const openId = useStore(shownAlert, ({ id }) => id);
  if (alerts.length === 0) {
    const isCleared = filter.choice === "cleared";
    return (
      <Empty title={isCleared ? "Nothing was cleared lately" : "All is calm"}>
        <span>
          {filter.severities.length > 0
            ? "No alert of this severity."
            : "A zone or a rule raises alerts when it notices something."}
        </span>
      </Empty>
    );
  }
  return (
    <ul className="items">
      {alerts.map((alert) => (
        <AlertItem
          key={alert.id}
          alert={alert}
          isOpen={alert.id === openId}
          onToggle={() => showAlert(alert.id === openId ? undefined : alert.id)}
          isPicked={picked.has(alert.id)}
          onPick={onPick && ((isPicked) => onPick(alert.id, isPicked))}
          onChanged={onChanged}
        />
      ))}
    </ul>
  );
}
