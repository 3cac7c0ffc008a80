// Finding by typing: a command, an asset, a zone.

/**
 * How well `query` fits `text`, letter case aside: 0 not at all, more is better. Every word must be in it;
 * words at the beginning of words are worth more, and so is the beginning of the whole.
 */
export function fitOf(query: string, text: string): number {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const body = text.toLowerCase();
  let fit = 1;
  for (const word of words) {
    const place = body.indexOf(word);
    if (place === -1) return 0;
    const isWordStart = place === 0 || /[^\p{L}\p{N}]/u.test(body[place - 1] ?? "");
    fit += place === 0 ? 3 : isWordStart ? 2 : 1;
  }
  // Of two that fit alike, the shorter says less that was not asked for.
  return words.length === 0 ? 1 : fit + 1 / (1 + body.length);
}

/** The best `limit` of what fits, the best first, in their own order where they fit alike. */
export function findBest<T>(
  query: string,
  items: Iterable<T>,
  { textOf, limit }: { readonly textOf: (item: T) => string; readonly limit: number },
): readonly T[] {
  const found: { readonly item: T; readonly fit: number }[] = [];
  for (const item of items) {
    const fit = fitOf(query, textOf(item));
    if (fit > 0) found.push({ item, fit });
  }
  return found
    .toSorted((a, b) => b.fit - a.fit)
    .slice(0, limit)
    .map(({ item }) => item);
}
