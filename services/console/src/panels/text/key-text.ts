/** `shift+c` as it stands on the keys. */
export function keyText(key: string): string {
  const named: Readonly<Record<string, string>> = {
    arrowup: "↑",
    arrowdown: "↓",
    arrowleft: "←",
    arrowright: "→",
    escape: "Esc",
    space: "Space",
    ctrl: "Ctrl",
    shift: "Shift",
  };
  return key
    .split(/\+(?=.)/)
    .map((part) => named[part] ?? part.toUpperCase())
    .join(" ");
}
