// Parts of a way, as fractions of it in turn: [in, out, in, out …].

import { least } from "./edge.ts";
import type { Path } from "./path.ts";

/**
 * The part of one piece of a way where a convex function is below 0, as the distance to a circle's or
 * a corridor segment's border is. Nothing when there is none.
 *
 * @param of takes a fraction of the piece and answers in metres, changing by at most its length
 * @param lengthM of the piece
 */
export function convexSpan(
  of: (t: number) => number,
  lengthM: number,
): readonly [number, number] | undefined {
  const from = of(0);
  const to = of(1);
  if (from < 0 && to < 0) return [0, 1];
  // Somebody who is that far from the border at both ends cannot have reached it between them.
  if (from + to > lengthM * 1.01 + 1) return undefined;
  const bottom = from < 0 ? 0 : to < 0 ? 1 : least(of, 0, 1);
  if (of(bottom) >= 0) return undefined;
  return [from < 0 ? 0 : rootOf(of, 0, bottom), to < 0 ? 1 : rootOf(of, 1, bottom)];
}

/** Bisects between a place outside and one inside. */
function rootOf(of: (t: number) => number, outside: number, inside: number): number {
  let out = outside;
  let within = inside;
  for (let round = 0; round < 40; round++) {
    const middle = (out + within) / 2;
    if (of(middle) < 0) within = middle;
    else out = middle;
  }
  return within;
}

/** Spans that touch or overlap made one, in order. */
export function unionOf(spans: readonly (readonly [number, number])[]): readonly number[] {
  const union: number[] = [];
  for (const [from, to] of spans.toSorted((a, b) => a[0] - b[0])) {
    const last = union.length - 1;
    if (last > 0 && from <= (union[last] ?? 0) + 1e-9) union[last] = Math.max(union[last] ?? 0, to);
    else union.push(from, to);
  }
  return union;
}

/** What two lists of spans have in common. */
export function intersectionOf(a: readonly number[], b: readonly number[]): readonly number[] {
  const both: number[] = [];
  for (let i = 0; i < a.length; i += 2) {
    for (let j = 0; j < b.length; j += 2) {
      const from = Math.max(a[i] ?? 0, b[j] ?? 0);
      const to = Math.min(a[i + 1] ?? 0, b[j + 1] ?? 0);
      if (from < to) both.push(from, to);
    }
  }
  return both;
}

/** Calls with each piece's ends and the fraction of the way at which it begins. */
export function eachPiece(
  { corners, pieces }: Path,
  call: (piece: {
    x1: number;
    y1: number;
    x2: number;
    y2: number;
    from: number;
    share: number;
  }) => void,
): void {
  for (let piece = 0; piece < pieces; piece++) {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners.slice(2 * piece, 2 * piece + 4);
    call({ x1, y1, x2, y2, from: piece / pieces, share: 1 / pieces });
  }
}
