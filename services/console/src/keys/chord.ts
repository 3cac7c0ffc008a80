// Keys as text, the same in the table, on the sheet and from the keyboard.

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/**
 * `w`, `shift+c`, `ctrl+k` (⌘ counts as Ctrl), `?`, `space`; nothing for keys that belong to the browser.
 * Shift is named with letters alone: with other keys it is part of what they say.
 */
export function chordOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyPress): string | undefined {
  if (altKey || ["Shift", "Control", "Meta", "Alt", "Dead", "Tab"].includes(key)) return undefined;
  const name = key === " " ? "space" : key.toLowerCase();
  const isLetter = /^\p{L}$/u.test(key);
  return `${ctrlKey || metaKey ? "ctrl+" : ""}${shiftKey && isLetter ? "shift+" : ""}${name}`;
}

const shown: Readonly<Record<string, string>> = {
  arrowup: "↑",
  arrowdown: "↓",
  arrowleft: "←",
  arrowright: "→",
  space: "Space",
  escape: "Esc",
};

/** A chord as it is printed on keys: its parts. */
export const chordParts = (chord: string): readonly string[] =>
  // "+" is a key too.
  chord
    .split(/(?<=.)\+/)
    .map((part) => shown[part] ?? (part.length === 1 ? part.toUpperCase() : capital(part)));

const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);
