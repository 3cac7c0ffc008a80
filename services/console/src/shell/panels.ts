// The panels and sheets, each fetched when it is first opened.

import { lazy } from "react";
import type { ComponentType, LazyExoticComponent } from "react";
import type { PanelName } from "../state/store.ts";

type Loaded = Readonly<Record<string, ComponentType>>;

const files = import.meta.glob<Loaded>("../panels/*.tsx");

function lazyPart(file: string, name: string): LazyExoticComponent<ComponentType> {
  return lazy(async () => {
    const load = files[`../panels/${file}.tsx`];
    const component = load === undefined ? undefined : (await load())[name];
    return { default: component ?? Nothing };
  });
}

const Nothing = () => null;

export const panels: Readonly<Record<PanelName, LazyExoticComponent<ComponentType>>> = {
  assets: lazyPart("assets-panel", "AssetsPanel"),
  asset: lazyPart("asset-panel", "AssetPanel"),
  zones: lazyPart("zones-panel", "ZonesPanel"),
  rules: lazyPart("rules-panel", "RulesPanel"),
  alerts: lazyPart("alerts-panel", "AlertsPanel"),
  events: lazyPart("events-panel", "EventsPanel"),
  links: lazyPart("links-panel", "LinksPanel"),
  heat: lazyPart("heat-panel", "HeatPanel"),
  settings: lazyPart("settings-panel", "SettingsPanel"),
};
export const TimeBar = lazyPart("time-bar", "TimeBar");
export const Toasts = lazyPart("toasts", "Toasts");
export const CommandPalette = lazyPart("command-palette", "CommandPalette");
export const HelpSheet = lazyPart("help-sheet", "HelpSheet");
