// The token of this tab. `drover up` hands it over in the fragment, which no server sees; it is kept
// for the tab's life and taken out of the address at once.

const KEY = "drover-token";

/** Takes the token of the fragment, if there is one; call once, before the address is read. */
export function takeToken(): void {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get("token");
  if (given === null) return;
  sessionStorage.setItem(KEY, given);
  fragment.delete("token");
  const rest = fragment.toString();
  const hash = rest === "" ? "" : `#${rest}`;
  history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
}

export const token = (): string => sessionStorage.getItem(KEY) ?? "";
export const keepToken = (given: string): void => sessionStorage.setItem(KEY, given.trim());
export const forgetToken = (): void => sessionStorage.removeItem(KEY);
