import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import type { KeyboardEvent } from "react";
import type { Movers } from "../../live/movers.ts";
import { useConsole } from "../../state/use-console.ts";
import { useShownTime } from "../controls/use-now.ts";
import { useUnits } from "../controls/use-units.ts";
import { AssetRow } from "./asset-row.tsx";
import type { SortKey } from "./row-order.ts";
import { listWindow, scrollToRow } from "./virtual-window.ts";
import "./assets.css";

export interface AssetTableProps {
  readonly movers: Movers;
  /** Slots in the order in which they are shown. */
  readonly rows: readonly number[];
  readonly sort: SortKey;
  readonly isDescending: boolean;
  readonly onSort: (sort: SortKey) => void;
  readonly onOpen: (asset: string) => void;
}

const ROW_PX_UNTIL_MEASURED = 32;
const ROWS_BEYOND = 8;

/**
 * A grid of which only the rows in view exist; screen readers are told how many there are. The arrow
 * keys move along it, Enter opens.
 */
export function AssetTable(props: AssetTableProps) {
  const { movers, rows, onOpen } = props;
  const selected = useConsole((state) => state.selected);
  const units = useUnits();
  const now = useShownTime();
  const id = useId();
  const [active, setActive] = useState<string>();
  const { scroller, view, rowPx } = useScrolled();
  const size = { count: rows.length, rowPx, ...view, beyond: ROWS_BEYOND };
  const { first, end, abovePx, belowPx } = listWindow(size);
  const activeSlot = active === undefined ? undefined : movers.slotOf(active);
  const activeRow = activeSlot === undefined ? -1 : rows.indexOf(activeSlot);

  function move(to: number): void {
    const row = Math.min(rows.length - 1, Math.max(0, to));
    const slot = rows[row];
    if (slot === undefined) return;
    setActive(movers.assets[slot]);
    if (scroller.current) scroller.current.scrollTop = scrollToRow(size, row);
  }
  function onKeyDown(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor(view.viewPx / rowPx) - 1);
    const to = keyTarget(event.key, { row: activeRow, page, last: rows.length - 1 });
    if (to !== undefined) move(to);
    else if (event.key === "Enter" && active !== undefined) onOpen(active);
    else return;
    // The keys of the map must not hear what the table took.
    event.stopPropagation();
    event.preventDefault();
  }
  return (
    <div className="asset-scroller" ref={scroller}>
      <table
        role="grid"
        className="asset-table"
        aria-label="Assets"
        aria-rowcount={rows.length + 1}
        aria-activedescendant={
          activeRow >= first && activeRow < end ? `${id}-${activeSlot}` : undefined
        }
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <Head {...props} altitudeUnit={units.altitude.unit} speedUnit={units.speed.unit} />
        <tbody>
          <tr aria-hidden="true" className="asset-spacer" style={{ height: abovePx }} />
          {rows.slice(first, end).map((slot, index) => (
            <AssetRow
              key={slot}
              id={`${id}-${slot}`}
              movers={movers}
              slot={slot}
              row={first + index + 2}
              now={now}
              units={units}
              isActive={slot === activeSlot}
              isSelected={selected.includes(movers.assets[slot] ?? "")}
              onOpen={onOpen}
            />
          ))}
          <tr aria-hidden="true" className="asset-spacer" style={{ height: belowPx }} />
        </tbody>
      </table>
    </div>
  );
}

/** The row that a key leads to. */
function keyTarget(
  key: string,
  { row, page, last }: { readonly row: number; readonly page: number; readonly last: number },
): number | undefined {
  switch (key) {
    case "ArrowDown":
      return row + 1;
    case "ArrowUp":
      return row - 1;
    case "PageDown":
      return row + page;
    case "PageUp":
      return row - page;
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}

/** Where a scrolled element stands; the height of a row follows the tokens. */
function useScrolled() {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ scrollPx: 0, viewPx: 600 });
  const [rowPx, setRowPx] = useState(ROW_PX_UNTIL_MEASURED);
  useLayoutEffect(() => {
    const height = getComputedStyle(document.documentElement).getPropertyValue("--row-height");
    setRowPx(Number.parseFloat(height) || ROW_PX_UNTIL_MEASURED);
  }, []);
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let frame = 0;
    const measure = (): void => {
      frame = 0;
      setView({ scrollPx: element.scrollTop, viewPx: element.clientHeight });
    };
    const soon = (): void => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    element.addEventListener("scroll", soon, { passive: true });
    const resized = new ResizeObserver(soon);
    resized.observe(element);
    return () => {
      element.removeEventListener("scroll", soon);
      resized.disconnect();
      cancelAnimationFrame(frame);
    };
  }, []);
  return { scroller, view, rowPx };
}

const columns = [
  { sort: "name", label: "Name", className: "" },
  { sort: "altitude", label: "Altitude", className: "number" },
  { sort: "speed", label: "Speed", className: "number" },
  { sort: "age", label: "Age", className: "number" },
] as const;

function Head(
  props: AssetTableProps & { readonly altitudeUnit: string; readonly speedUnit: string },
) {
  const unitOf = { name: "", altitude: props.altitudeUnit, speed: props.speedUnit, age: "" };
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map(({ sort, label, className }) => {
          const isSorted = props.sort === sort;
          const order = props.isDescending ? "descending" : "ascending";
          return (
            <th
              key={sort}
              scope="col"
              className={className}
              aria-sort={isSorted ? order : undefined}
            >
              <button type="button" className="quiet" onClick={() => props.onSort(sort)}>
                {label}
                {unitOf[sort] !== "" && `, ${unitOf[sort]}`}
                <span aria-hidden="true" className="asset-sort">
                  {isSorted ? (props.isDescending ? "▾" : "▴") : ""}
                </span>
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
