// Ids of zones and rules are made from their names, because people read them in events and URLs.

const ID_CHARS_MAX = 64;

/** `Darwin, RAAF base` → `darwin-raaf-base`; the kind's word when the name has no letter of ASCII. */
export function slugOf(name: string, kind: string): string {
  const slug = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, ID_CHARS_MAX)
    .replace(/-$/, "");
  return slug === "" ? kind : slug;
}

/** The same id with something behind it, within the length that an id may have. */
export function withSuffix(id: string, suffix: string): string {
  const room = ID_CHARS_MAX - suffix.length - 1;
  return `${id.slice(0, room).replace(/-$/, "")}-${suffix}`;
}
