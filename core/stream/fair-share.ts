// Who works on which partition: a decision, without I/O. Every member comes to the same numbers by
// itself, from the same list, and keeps what it has as long as its share allows.

export interface Holding {
  readonly partition: number;
  /** The member that owns it, if it is alive. */
  readonly owner: string | undefined;
}

export interface ShareChange {
  readonly take: readonly number[];
  readonly give: readonly number[];
}

/**
 * What `member` should take and give up: shares differ by at most one, the members whose names come
 * first have the larger ones. Nothing is taken from a living member; it gives by itself.
 */
export function nextShare(
  member: string,
  members: readonly string[],
  holdings: readonly Holding[],
): ShareChange {
  const sorted = members.toSorted();
  const place = sorted.indexOf(member);
  if (place === -1) return { take: [], give: [] };
  const least = Math.floor(holdings.length / sorted.length);
  const share = least + (place < holdings.length % sorted.length ? 1 : 0);
  const mine = holdings.filter(({ owner }) => owner === member).map(({ partition }) => partition);
  if (mine.length >= share) return { take: [], give: mine.slice(share) };
  const isAlive = new Set(sorted);
  const free = holdings.filter(({ owner }) => owner === undefined || !isAlive.has(owner));
  const take = free.slice(0, share - mine.length).map(({ partition }) => partition);
  return { take, give: [] };
}
