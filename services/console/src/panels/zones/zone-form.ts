// A zone as its form has it, and back. What is not filled in is not said.

import type { EventKind } from "@drover/core/model/event";
import type { Severity } from "@drover/core/model/severity";
import { Confirmation, ZoneInput, type Zone, type ZoneShape } from "@drover/core/model/zone";

export type ZoneAlertKind = Extract<EventKind, "entered" | "left" | "dwelt" | "crossed">;

export interface ScheduleWindow {
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
}

export interface ZoneForm {
  readonly name: string;
  readonly color: string;
  readonly floorM: number | undefined;
  readonly ceilingM: number | undefined;
  readonly kinds: readonly string[];
  /** Ids, separated by commas or spaces. */
  readonly assets: string;
  readonly isScheduled: boolean;
  readonly timeZone: string;
  readonly windows: readonly ScheduleWindow[];
  readonly fixes: number | undefined;
  readonly enterDwellMs: number | undefined;
  readonly exitDwellMs: number | undefined;
  readonly exitMarginM: number | undefined;
  readonly dwellMs: number | undefined;
  readonly alertOn: readonly ZoneAlertKind[];
  readonly severity: Severity;
  readonly isEnabled: boolean;
}

/** Colours that are told apart on dark and on light ground. */
export const zoneColors = [
  "#2fa8b5",
  "#d98c1f",
  "#7f63d6",
  "#d6553f",
  "#3f9c5a",
  "#c2478f",
  "#4f7fd6",
  "#8a8f2a",
] as const;

const workingDays: ScheduleWindow = { days: [1, 2, 3, 4, 5], from: "08:00", to: "18:00" };

/** The form of a zone, or of a new one. */
export function formOf(zone: Zone | undefined, timeZone: string, color: string): ZoneForm {
  const { schedule, applies, confirmation, alert } = zone ?? {};
  return {
    name: zone?.name ?? "",
    color: zone?.color ?? color,
    floorM: zone?.floorM,
    ceilingM: zone?.ceilingM,
    kinds: applies?.kinds ?? [],
    assets: applies?.assets?.join(", ") ?? "",
    isScheduled: schedule !== undefined,
    timeZone: schedule?.timeZone ?? timeZone,
    windows: schedule?.windows ?? [workingDays],
    fixes: confirmation?.fixes,
    enterDwellMs: confirmation?.enterDwellMs,
    exitDwellMs: confirmation?.exitDwellMs,
    exitMarginM: confirmation?.exitMarginM,
    dwellMs: zone?.dwellMs,
    alertOn: alert?.on ?? [],
    severity: alert?.severity ?? "warning",
    isEnabled: zone?.isEnabled ?? true,
  };
}

/** What confirms a crossing where the form says nothing. */
export const usualConfirmation = Confirmation.parse({});

export type FormResult =
  | { readonly kind: "zone"; readonly input: ZoneInput }
  | { readonly kind: "mistakes"; readonly mistakes: Readonly<Record<string, string>> };

/** The zone that a form and a shape make, or what is wrong by the first part of its path. */
export function inputOf(form: ZoneForm, shape: ZoneShape | undefined): FormResult {
  const parsed = ZoneInput.safeParse({
    name: form.name,
    color: form.color,
    shape,
    floorM: form.floorM,
    ceilingM: form.ceilingM,
    schedule: form.isScheduled ? { timeZone: form.timeZone, windows: form.windows } : undefined,
    applies: appliesOf(form),
    confirmation: confirmationOf(form),
    dwellMs: form.dwellMs,
    alert: form.alertOn.length > 0 ? { on: form.alertOn, severity: form.severity } : undefined,
    isEnabled: form.isEnabled,
  });
  if (parsed.success) return { kind: "zone", input: parsed.data };
  const mistakes: Record<string, string> = {};
  for (const { path, message } of parsed.error.issues) {
    const field = String(path[0] ?? "");
    mistakes[field] ??= wordsOf(field, path, message);
  }
  return { kind: "mistakes", mistakes };
}

function wordsOf(field: string, path: readonly PropertyKey[], message: string): string {
  if (field === "shape") return "Draw the shape on the map first";
  if (field === "name") return "Give it a name";
  if (field === "applies" && path[1] === "assets") {
    return "Write asset ids as kind:id, separated by commas";
  }
  if (field === "schedule") return "Give each window a day, a beginning and an end";
  return message;
}

function appliesOf({ kinds, assets }: ZoneForm) {
  const ids = assets.split(/[\s,]+/).filter(Boolean);
  if (kinds.length === 0 && ids.length === 0) return undefined;
  return { ...(kinds.length > 0 && { kinds }), ...(ids.length > 0 && { assets: ids }) };
}

function confirmationOf(form: ZoneForm) {
  const { fixes, enterDwellMs, exitDwellMs, exitMarginM } = form;
  const said = { fixes, enterDwellMs, exitDwellMs, exitMarginM };
  return Object.values(said).some((value) => value !== undefined) ? said : undefined;
}

const parts = [
  ["name", "name"],
  ["color", "colour"],
  ["shape", "shape"],
  ["floorM", "floor"],
  ["ceilingM", "ceiling"],
  ["schedule", "schedule"],
  ["applies", "who it is for"],
  ["confirmation", "confirmation"],
  ["dwellMs", "dwell"],
  ["alert", "alerts"],
  ["isEnabled", "on or off"],
] as const;

/** The names of what differs between two versions, in the words of the form. */
export function changedParts(newer: Zone, older: Zone): readonly string[] {
  return parts.flatMap(([name, word]) =>
    JSON.stringify(newer[name]) === JSON.stringify(older[name]) ? [] : [word],
  );
}
