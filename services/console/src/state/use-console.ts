import { useStore } from "zustand";
import { store } from "./store.ts";
import type { ConsoleState } from "./store.ts";

/** What a component shows of the state; it is drawn anew when that changes. */
export function useConsole<T>(choose: (state: ConsoleState) => T): T {
  return useStore(store, choose);
}
