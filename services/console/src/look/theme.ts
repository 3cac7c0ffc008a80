// Which theme is on: the viewer's choice, or the system's. The root element carries it.

import { store } from "../state/store.ts";
import type { Theme } from "../state/store.ts";

const prefersLight = (): boolean => matchMedia("(prefers-color-scheme: light)").matches;

/** The theme as it is drawn. */
export function themeOf(theme: Theme): "dark" | "light" {
  if (theme !== "system") return theme;
  return prefersLight() ? "light" : "dark";
}

const show = (): void => {
  document.documentElement.dataset["theme"] = themeOf(store.getState().theme);
};

/** Follows the choice and the system; to be called once. */
export function startTheme(): void {
  show();
  store.subscribe(({ theme }, before) => {
    if (theme !== before.theme) show();
  });
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => {
    show();
    // Whoever draws by the theme is told as of a choice.
    const { theme } = store.getState();
    if (theme === "system") store.setState({ theme: "system" });
  });
}
