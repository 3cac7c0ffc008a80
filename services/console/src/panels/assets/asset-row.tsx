import type { MouseEvent } from "react";
import { isOnGround, isSuspect, type Movers } from "../../live/movers.ts";
import { select } from "../../state/actions.ts";
import { ageText } from "../text/duration.ts";
import { type quantities, wholeText } from "../text/quantity.ts";
import { kindAt } from "./matches.ts";

export interface AssetRowProps {
  readonly id: string;
  readonly movers: Movers;
  readonly slot: number;
  /** Of the whole table, from 1, its head included. */
  readonly row: number;
  readonly now: number;
  readonly units: (typeof quantities)["metric"];
  readonly isActive: boolean;
  readonly isSelected: boolean;
  readonly onOpen: (asset: string) => void;
}

/** As long without a word, an asset is old whatever it is. */
const OLD_MS = 120_000;

export function AssetRow(props: AssetRowProps) {
  const { movers, slot, now, units } = props;
  const { columns } = movers;
  const asset = movers.assets[slot] ?? "";
  const ageMs = now - (columns.at[slot] ?? Number.NaN);
  const flags = columns.flags[slot] ?? 0;
  const cadenceMs = columns.cadenceMs[slot] ?? Number.NaN;
  const isOld = ageMs > Math.max(OLD_MS, Number.isNaN(cadenceMs) ? 0 : 4 * cadenceMs);
  const altitude = (flags & isOnGround) === 0 ? (columns.altitudeM[slot] ?? Number.NaN) : undefined;
  const speed = columns.speedMps[slot] ?? Number.NaN;
  const open = ({ metaKey, ctrlKey, shiftKey }: MouseEvent): void => {
    if (metaKey || ctrlKey || shiftKey) select(asset, { isAdded: true });
    else props.onOpen(asset);
  };
  const kind = kindAt(movers, slot);
  return (
    <tr
      id={props.id}
      aria-rowindex={props.row}
      aria-selected={props.isSelected}
      className={`asset-row${props.isActive ? " active" : ""}${isOld ? " old" : ""}`}
      onClick={open}
    >
      <td className="asset-name">
        <span>{movers.labels[slot]}</span>
        <small className="muted">
          {kind}
          {(flags & isSuspect) !== 0 && " · doubtful place"}
        </small>
      </td>
      <td className="number">
        {altitude === undefined ? "ground" : wholeText(units.altitude.shown(altitude))}
      </td>
      <td className="number">{wholeText(units.speed.shown(speed))}</td>
      <td className="number">{ageText(ageMs)}</td>
    </tr>
  );
}
