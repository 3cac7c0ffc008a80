import type { Zone, ZoneShape } from "@drover/core/model/zone";
import { cancelDraft, editZone, setDraft, startDraft } from "../../state/actions.ts";
import { draftOf } from "../../state/draft.ts";
import type { Draft } from "../../state/store.ts";
import { useConsole } from "../../state/use-console.ts";
import { NumberField, Segments } from "../controls/field.tsx";
import { showShape } from "./show-zone.ts";
import { changeForm, useZonesView } from "./zones-view.ts";
import { shapeText } from "./zone-words.ts";

const modes = [
  { value: "circle", label: "Circle" },
  { value: "polygon", label: "Polygon" },
  { value: "corridor", label: "Corridor" },
] as const;

const advice: Readonly<Record<Draft["mode"], string>> = {
  circle: "Press at the middle on the map and drag to the border.",
  polygon: "Click its corners on the map; click the first again, or press Enter, to close it.",
  corridor: "Click the points of its middle line on the map; press Enter to end it.",
};

export interface ShapeFieldsProps {
  readonly zone: Zone | undefined;
  readonly shape: ZoneShape | undefined;
  readonly mistake?: string | undefined;
}

/** Which shape, how large, and between which altitudes; the corners are moved on the map. */
export function ShapeFields({ zone, shape, mistake }: ShapeFieldsProps) {
  const draft = useConsole((state) => state.draft);
  const isByHand = zone === undefined || draftOf(zone) !== undefined;
  const isDrawn = shape !== undefined;
  return (
    <fieldset className="group">
      <legend>Shape</legend>
      {draft === undefined && zone !== undefined ? (
        <p className="muted">
          {isByHand
            ? "It stays where it is."
            : "It has holes or parts: change it in another program and import it."}
        </p>
      ) : (
        <Segments
          label="Shape"
          isLabelHidden
          value={draft?.mode ?? ""}
          options={modes}
          onChange={(mode) => mode !== "" && startDraft(mode)}
        />
      )}
      {draft !== undefined && !isDrawn && <p role="status">{advice[draft.mode]}</p>}
      {draft === undefined && zone === undefined && (
        <p className="muted">Choose one, then draw it on the map.</p>
      )}
      {mistake !== undefined && <em className="mistake">{mistake}</em>}
      {draft !== undefined && <Sizes draft={draft} />}
      {isDrawn && (
        <div className="row">
          <span className="muted shape-text">{shapeText(shape)}</span>
          <button type="button" onClick={() => showShape(shape)}>
            Show
          </button>
          {draft !== undefined ? (
            <button type="button" onClick={() => startDraft(draft.mode)}>
              Draw anew
            </button>
          ) : (
            zone !== undefined &&
            isByHand && (
              <button type="button" onClick={() => editZone(zone)}>
                Edit on the map
              </button>
            )
          )}
          {draft !== undefined && zone !== undefined && (
            <button type="button" onClick={cancelDraft}>
              Keep as it was
            </button>
          )}
        </div>
      )}
      <Band />
    </fieldset>
  );
}

function Sizes({ draft }: { readonly draft: Draft }) {
  if (draft.mode === "circle" && draft.points.length > 0) {
    return (
      <NumberField
        label="Radius"
        unit="m"
        min={1}
        value={draft.radiusM === undefined ? undefined : Math.round(draft.radiusM)}
        onChange={(radiusM) => setDraft({ radiusM })}
      />
    );
  }
  if (draft.mode === "corridor") {
    return (
      <NumberField
        label="Width"
        unit="m"
        min={1}
        value={draft.widthM === undefined ? undefined : Math.round(draft.widthM)}
        onChange={(widthM) => setDraft({ widthM })}
      />
    );
  }
  return null;
}

function Band() {
  const view = useZonesView();
  if (view.kind !== "edit") return null;
  const { floorM, ceilingM } = view.form;
  const isUpsideDown = floorM !== undefined && ceilingM !== undefined && floorM >= ceilingM;
  return (
    <div className="fields">
      <NumberField
        label="Floor"
        unit="m"
        placeholder="none"
        value={floorM}
        mistake={isUpsideDown ? "Must be below the ceiling" : undefined}
        onChange={(value) => changeForm({ floorM: value })}
      />
      <NumberField
        label="Ceiling"
        unit="m"
        placeholder="none"
        value={ceilingM}
        onChange={(value) => changeForm({ ceilingM: value })}
      />
    </div>
  );
}
