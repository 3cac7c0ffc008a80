// The panels and sheets, each fetched when it is first opened.

import { lazy } from "react";
import type { ComponentType } from "react";
import type { PanelName } from "../state/store.ts";

const part = (load: () => Promise<ComponentType>) => lazy(async () => ({ default: await load() }));

export const panels: Readonly<Record<PanelName, ReturnType<typeof part>>> = {
  assets: part(async () => (await import("../panels/assets-panel.tsx")).AssetsPanel),
  asset: part(async () => (await import("../panels/asset-panel.tsx")).AssetPanel),
  zones: part(async () => (await import("../panels/zones-panel.tsx")).ZonesPanel),
  rules: part(async () => (await import("../panels/rules-panel.tsx")).RulesPanel),
  alerts: part(async () => (await import("../panels/alerts-panel.tsx")).AlertsPanel),
  events: part(async () => (await import("../panels/events-panel.tsx")).EventsPanel),
  links: part(async () => (await import("../panels/links-panel.tsx")).LinksPanel),
  heat: part(async () => (await import("../panels/heat-panel.tsx")).HeatPanel),
  settings: part(async () => (await import("../panels/settings-panel.tsx")).SettingsPanel),
};
export const TimeBar = part(async () => (await import("../panels/time-bar.tsx")).TimeBar);
export const Toasts = part(async () => (await import("../panels/toasts.tsx")).Toasts);
export const CommandPalette = part(
  async () => (await import("../panels/command-palette.tsx")).CommandPalette,
);
export const HelpSheet = part(async () => (await import("../panels/help-sheet.tsx")).HelpSheet);
