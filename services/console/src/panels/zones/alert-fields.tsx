import { severities } from "@drover/core/model/severity";
import { zoneEventKinds } from "@drover/core/model/zone";
import { Chips, DurationField, Segments } from "../controls/field.tsx";
import { eventVerbs } from "../text/event-words.ts";
import type { ZoneForm } from "./zone-form.ts";
import { changeForm } from "./zones-view.ts";

const kinds = zoneEventKinds.map((value) => ({ value, label: eventVerbs[value] }));

export const severityOptions = severities.map((value) => ({ value, label: value }));

/** What of all that happens at the zone raises an alert by itself. */
export function AlertFields({ form }: { readonly form: ZoneForm }) {
  const { alertOn, severity, dwellMs } = form;
  const isStayUnsaid = alertOn.includes("dwelt") && dwellMs === undefined;
  return (
    <fieldset className="group">
      <legend>Alert when an asset</legend>
      <Chips
        label="Alert when an asset"
        options={kinds}
        chosen={alertOn}
        onChange={(chosen) => changeForm({ alertOn: chosen })}
      />
      {alertOn.length > 0 && (
        <Segments
          label="How bad it is"
          value={severity}
          options={severityOptions}
          onChange={(next) => changeForm({ severity: next })}
        />
      )}
      <DurationField
        label="A stay is noticed after"
        valueMs={dwellMs}
        placeholder="never"
        mistake={isStayUnsaid ? "Say how long a stay is" : undefined}
        onChange={(ms) => changeForm({ dwellMs: ms })}
      />
    </fieldset>
  );
}
