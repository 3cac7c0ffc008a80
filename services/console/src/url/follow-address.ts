// Keeps the address bar and the state alike.

import { store } from "../state/store.ts";
import { addressOf, readAddress } from "./address.ts";

const WRITE_AFTER_MS = 250;

/** Reads the address into the state, then writes the state into it; to be called once. */
export function followAddress(): void {
  const usual = store.getInitialState();
  store.setState(readAddress(location.search, usual));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    timer = undefined;
    const search = addressOf(store.getState(), usual);
    if (search === location.search) return;
    history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
  };
  store.subscribe((now, before) => {
    // Browsers refuse an address that changes a hundred times in seconds.
    timer ??= setTimeout(write, WRITE_AFTER_MS);
    if (now.panel === before.panel) return;
    // Back closes what was opened.
    clearTimeout(timer);
    timer = undefined;
    const search = addressOf(now, usual);
    if (search !== location.search) history.pushState(null, "", `${location.pathname}${search}`);
  });
  addEventListener("popstate", () => store.setState(readAddress(location.search, usual)));
}

/** The address that shows this view to others. */
export function viewAddress(): string {
  return `${location.origin}${location.pathname}${addressOf(store.getState(), store.getInitialState())}`;
}
