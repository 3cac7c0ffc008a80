import { useStore } from "zustand";
import { movers, shownMs } from "../live/feed.ts";
import { isOnGround } from "../live/movers.ts";
import { useMovers } from "../live/use-movers.ts";
import { useUnits } from "../panels/controls/use-units.ts";
import { ageText } from "../panels/text/duration.ts";
import { headingText, quantityText } from "../panels/text/quantity.ts";
import { hover } from "../state/hover.ts";

/** What is known of the mover under the pointer. */
export function HoverCard() {
  const over = useStore(hover, (state) => state.over);
  const { altitude, speed, climb } = useUnits();
  useMovers();
  if (over === undefined) return null;
  const { slot, x, y } = over;
  const asset = movers.assets[slot] ?? "";
  if (asset === "") return null;
  const { columns } = movers;
  const ageMs = shownMs() - (columns.at[slot] ?? NaN);
  const onGround = ((columns.flags[slot] ?? 0) & isOnGround) !== 0;
  return (
    <div
      className="hover-card"
      data-testid="hover-card"
      style={{ transform: `translate(${Math.round(x) + 16}px, ${Math.round(y) + 12}px)` }}
    >
      <strong>{movers.labels[slot]}</strong>
      <span className="muted mono">{asset}</span>
      <dl className="facts">
        {onGround ? (
          <Fact name="Altitude" value="on the ground" />
        ) : (
          <Fact name="Altitude" value={quantityText(altitude, columns.altitudeM[slot])} />
        )}
        <Fact name="Speed" value={quantityText(speed, columns.speedMps[slot])} />
        <Fact name="Heading" value={headingText(columns.headingDeg[slot])} />
        <Fact name="Climb" value={quantityText(climb, columns.climbMps[slot])} />
        <Fact name="Age" value={ageText(ageMs)} />
      </dl>
    </div>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  if (value === "–") return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
