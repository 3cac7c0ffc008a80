import { useEffect } from "react";
import { chordOf } from "./chord.ts";
import { store } from "../state/store.ts";
import { commands } from "./key-map.ts";

const byChord = new Map(commands.flatMap((one) => one.keys.map((key) => [key, one] as const)));
/** These work while somebody writes, too. */
const always = new Set(["escape", "ctrl+k"]);

/** Follows the keyboard as long as the component is there. */
export function useKeys(): void {
  useEffect(() => {
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function onKey(event: KeyboardEvent): void {
  // Then the page behind is not to be worked with.
  if (store.getState().link === "signed-out") return;
  const chord = event.defaultPrevented ? undefined : chordOf(event);
  const command = chord === undefined ? undefined : byChord.get(chord);
  if (chord === undefined || command === undefined) return;
  if (isWriting(event.target) && !always.has(chord)) return;
  if (isOwnKey(event.target, chord)) return;
  event.preventDefault();
  command.run();
}

function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) {
    return !["checkbox", "radio", "range", "button"].includes(target.type);
  }
  return target.isContentEditable || /^(?:TEXTAREA|SELECT)$/.test(target.tagName);
}

/** Space presses a button, arrows move what has the focus. */
function isOwnKey(target: EventTarget | null, chord: string): boolean {
  if (!(target instanceof HTMLElement) || target === document.body) return false;
  if (chord === "space") return true;
  return chord.startsWith("arrow") && target.closest(".map") === null;
}
