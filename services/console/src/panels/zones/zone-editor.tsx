import { useMemo, useState } from "react";
import type { ZoneShape } from "@drover/core/model/zone";
import { createZone, refreshZones, updateZone } from "../../api/zones.ts";
import { cancelDraft, toast } from "../../state/actions.ts";
import { shapeOf } from "../../state/draft.ts";
import { useConsole } from "../../state/use-console.ts";
import { Check, Field } from "../controls/field.tsx";
import { Mistake } from "../controls/note.tsx";
import { Panel } from "../controls/panel.tsx";
import { useAct } from "../controls/use-act.ts";
import { AlertFields } from "./alert-fields.tsx";
import { ConfirmationFields } from "./confirmation-fields.tsx";
import { Faults } from "./faults.tsx";
import { PreviewInside } from "./preview-inside.tsx";
import { ScheduleFields } from "./schedule-fields.tsx";
import { SelectionFields } from "./selection-fields.tsx";
import { ShapeFields } from "./shape-fields.tsx";
import { inputOf, zoneColors, type FormResult } from "./zone-form.ts";
import { TryZone } from "./try-zone.tsx";
import { changeForm, showZonePage, showZones, type ZoneEdit } from "./zones-view.ts";

/** The form of a zone; its shape is drawn on the map at the same time. */
export function ZoneEditor({ view }: { readonly view: ZoneEdit }) {
  const { zone, form } = view;
  const shape = useDrawnShape(view);
  const result = useMemo(() => inputOf(form, shape), [form, shape]);
  const [isTried, setIsTried] = useState(false);
  const save = useAct(() => saveZone(view, result));
  const mistakes = isTried && result.kind === "mistakes" ? result.mistakes : {};
  const leave = (): void => (zone === undefined ? showZones() : leaveTo(zone.id));
  return (
    <Panel title={zone === undefined ? "New zone" : `Edit ${zone.name}`} onBack={leave}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setIsTried(true);
          if (result.kind === "zone") void save.run();
        }}
      >
        <NameFields form={form} mistake={mistakes["name"]} />
        <ShapeFields zone={zone} shape={shape} mistake={mistakes["shape"]} />
        <SelectionFields form={form} mistakes={mistakes} />
        <AlertFields form={form} />
        <ScheduleFields form={form} mistake={mistakes["schedule"]} />
        <ConfirmationFields form={form} mistake={mistakes["confirmation"]} />
        <Check
          label="Watch this zone"
          isOn={form.isEnabled}
          onChange={(isEnabled) => changeForm({ isEnabled })}
        />
        {result.kind === "zone" && <PreviewInside input={result.input} />}
        {result.kind === "zone" && <TryZone input={result.input} />}
        <Faults error={save.error} />
        <Mistake error={save.error} />
        <div className="form-foot">
          <button type="submit" className="primary" disabled={save.isBusy}>
            {save.isBusy ? "Saving…" : "Save zone"}
          </button>
          <button type="button" onClick={leave}>
            Discard
          </button>
        </div>
      </form>
    </Panel>
  );
}

function leaveTo(id: string): void {
  cancelDraft();
  showZonePage(id);
}

/** What is drawn, or else the shape that the zone has. */
function useDrawnShape({ shape }: ZoneEdit): ZoneShape | undefined {
  const draft = useConsole((state) => state.draft);
  return useMemo(() => (draft === undefined ? shape : shapeOf(draft)), [draft, shape]);
}

async function saveZone({ zone, key }: ZoneEdit, result: FormResult): Promise<void> {
  if (result.kind !== "zone") return;
  const { input } = result;
  const saved =
    zone === undefined
      ? await createZone(input, key)
      : await updateZone(zone.id, input, zone.version);
  await refreshZones();
  toast(`${saved.name} is saved`);
  leaveTo(saved.id);
}

function NameFields(props: {
  readonly form: ZoneEdit["form"];
  readonly mistake?: string | undefined;
}) {
  const { form, mistake } = props;
  return (
    <div className="zone-name">
      <Field label="Name" mistake={mistake}>
        <input
          value={form.name}
          maxLength={120}
          placeholder="Darwin approach"
          aria-invalid={mistake !== undefined}
          onChange={({ target }) => changeForm({ name: target.value })}
        />
      </Field>
      <Field label="Colour">
        <input
          type="color"
          list="zone-colors"
          value={form.color}
          onChange={({ target }) => changeForm({ color: target.value })}
        />
      </Field>
      <datalist id="zone-colors">
        {zoneColors.map((color) => (
          <option key={color} value={color} />
        ))}
      </datalist>
    </div>
  );
}
