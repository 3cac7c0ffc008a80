// Which rows of a long list are drawn: those in view and a few around them.

export interface ListView {
  readonly count: number;
  readonly rowPx: number;
  readonly scrollPx: number;
  readonly viewPx: number;
  /** Rows drawn beyond either edge, so that a fast scroll shows no gap. */
  readonly beyond: number;
}

export interface ListWindow {
  /** First row that is drawn. */
  readonly first: number;
  /** The row after the last. */
  readonly end: number;
  readonly abovePx: number;
  readonly belowPx: number;
}

/** Heights of what is not drawn always sum, with the drawn rows, to the whole list. */
export function listWindow(view: ListView): ListWindow {
  const { count, rowPx, viewPx, beyond } = view;
  const scrollPx = Math.min(Math.max(0, view.scrollPx), Math.max(0, count * rowPx - viewPx));
  const first = Math.max(0, Math.floor(scrollPx / rowPx) - beyond);
  const end = Math.min(count, Math.ceil((scrollPx + viewPx) / rowPx) + beyond);
  return { first, end, abovePx: first * rowPx, belowPx: (count - end) * rowPx };
}

/** Where to scroll so that a row is wholly in view; where it stands when it is already. */
export function scrollToRow(view: ListView, row: number): number {
  const topPx = row * view.rowPx;
  const bottomPx = topPx + view.rowPx;
  if (topPx < view.scrollPx) return topPx;
  if (bottomPx > view.scrollPx + view.viewPx) return bottomPx - view.viewPx;
  return view.scrollPx;
}
