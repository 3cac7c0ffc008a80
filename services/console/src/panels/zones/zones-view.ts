// What the panel of zones shows. It outlives the panel: a form that is half filled in is there again when
// the person comes back from looking at something else.

import { createStore } from "zustand/vanilla";
import { useStore } from "zustand";
import type { Zone, ZoneShape } from "@drover/core/model/zone";
import { cancelDraft, editZone, openPanel } from "../../state/actions.ts";
import { store } from "../../state/store.ts";
import { formOf, zoneColors, type ZoneForm } from "./zone-form.ts";

export interface ZoneEdit {
  readonly kind: "edit";
  /** The zone that is changed, in the version that was read; a new one when absent. */
  readonly zone: Zone | undefined;
  /** The shape of a zone that is not drawn by hand, or not drawn anew. */
  readonly shape: ZoneShape | undefined;
  readonly form: ZoneForm;
  /** Makes a create that is sent again the same one. */
  readonly key: string;
}
export type ZonesView =
  | { readonly kind: "list" }
  | { readonly kind: "zone"; readonly id: string }
  | { readonly kind: "import" }
  | ZoneEdit;

export const zonesView = createStore<{ readonly view: ZonesView }>(() => ({
  view: { kind: "list" },
}));
export const useZonesView = (): ZonesView => useStore(zonesView, ({ view }) => view);

const show = (view: ZonesView): void => zonesView.setState({ view });

export function showZones(): void {
  cancelDraft();
  show({ kind: "list" });
}

export const showImport = (): void => show({ kind: "import" });

/** Opens the page of a zone. */
export function showZonePage(id: string): void {
  openPanel("zones");
  show({ kind: "zone", id });
}

/** Opens the form of a new zone, or of one that is there; its shape goes onto the map to be edited. */
export function showZoneForm(zone?: Zone): void {
  const { zones } = store.getState();
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const color = zoneColors[zones.length % zoneColors.length] ?? zoneColors[0];
  show({
    kind: "edit",
    zone,
    shape: zone?.shape,
    form: formOf(zone, timeZone, color),
    key: crypto.randomUUID(),
  });
  if (zone === undefined) cancelDraft();
  else editZone(zone);
}

export function changeForm(change: Partial<ZoneForm>): void {
  const { view } = zonesView.getState();
  if (view.kind === "edit") show({ ...view, form: { ...view.form, ...change } });
}
