// Which names are written so that none lies on another: the most wanted first, until there is no room or
// there are enough. Those written before are wanted more, so that names do not flicker.

export interface LabelWish {
  readonly slot: number;
  /** Of the sign's middle, pixels. */
  readonly x: number;
  readonly y: number;
  readonly widthPixels: number;
  /** The greater, the earlier. */
  readonly rank: number;
}

export interface LabelRoom {
  readonly width: number;
  readonly height: number;
  readonly countMax: number;
  readonly heightPixels: number;
}

const CELL = 48;

/** Slots whose names have room to the right of their sign, the most wanted first. */
export function placeLabels(wishes: readonly LabelWish[], room: LabelRoom): readonly number[] {
  const taken = new Map<number, (readonly [number, number, number, number])[]>();
  const columns = Math.ceil(room.width / CELL) + 2;
  const placed: number[] = [];
  for (const wish of wishes.toSorted((a, b) => b.rank - a.rank || a.slot - b.slot)) {
    if (placed.length >= room.countMax) break;
    if (wish.x < 0 || wish.y < 0 || wish.x > room.width || wish.y > room.height) continue;
    const top = wish.y - room.heightPixels / 2;
    // The sign is a part of it.
    const box = [wish.x - 8, top, wish.x + 12 + wish.widthPixels, top + room.heightPixels] as const;
    const cells = cellsOf(box, columns);
    if (cells.some((cell) => taken.get(cell)?.some((other) => isOver(box, other)))) continue;
    for (const cell of cells) {
      const others = taken.get(cell);
      if (others === undefined) taken.set(cell, [box]);
      else others.push(box);
    }
    placed.push(wish.slot);
  }
  return placed;
}

type Box = readonly [left: number, top: number, right: number, bottom: number];

function cellsOf([left, top, right, bottom]: Box, columns: number): readonly number[] {
  const cells: number[] = [];
  for (let row = Math.floor(top / CELL); row <= Math.floor(bottom / CELL); row++) {
    for (let column = Math.floor(left / CELL); column <= Math.floor(right / CELL); column++) {
      cells.push((row + 1) * columns + column + 1);
    }
  }
  return cells;
}

const isOver = (a: Box, b: Box): boolean =>
  a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
