import type { ReactNode } from "react";
import type { AssetView } from "../../api/assets.ts";
import { Age } from "../controls/age.tsx";
import { useUnits } from "../controls/use-units.ts";
import { measureText, metricWords } from "../text/metric.ts";
import { distanceText, headingText, placeText, quantityText } from "../text/quantity.ts";

/** Where it is, how it moves, what it measured last. */
export function Latest({ view }: { readonly view: AssetView }) {
  return (
    <section aria-label="Latest">
      <Movement view={view} />
      <Readings measurements={view.measurements ?? {}} />
    </section>
  );
}

function Movement({ view }: { readonly view: AssetView }) {
  const { position, motion } = view;
  const units = useUnits();
  if (position === undefined && motion === undefined) return null;
  return (
    <dl className="tiles four">
      {position?.altitudeM !== undefined && (
        <Tile name="Altitude">
          {position.onGround === true
            ? "on ground"
            : quantityText(units.altitude, position.altitudeM)}
        </Tile>
      )}
      {motion?.speedMps !== undefined && (
        <Tile name="Speed">{quantityText(units.speed, motion.speedMps)}</Tile>
      )}
      {motion?.headingDeg !== undefined && (
        <Tile name="Heading">{headingText(motion.headingDeg)}</Tile>
      )}
      {motion?.climbMps !== undefined && (
        <Tile name="Climb">{quantityText(units.climb, motion.climbMps)}</Tile>
      )}
      {position !== undefined && (
        <Tile name="Place" isWide>
          {placeText(position.lat, position.lon)}
          <small className="muted">
            {" "}
            {position.accuracyM !== undefined && `± ${distanceText(position.accuracyM)} · `}
            <Age at={position.at} suffix=" ago" />
          </small>
        </Tile>
      )}
    </dl>
  );
}

function Readings({ measurements }: { readonly measurements: Readonly<Record<string, number>> }) {
  const names = Object.keys(measurements).toSorted();
  if (names.length === 0) return null;
  return (
    <dl className="tiles">
      {names.map((name) => (
        <Tile key={name} name={metricWords(name).label}>
          {measureText(name, measurements[name] ?? Number.NaN)}
        </Tile>
      ))}
    </dl>
  );
}

interface TileProps {
  readonly name: string;
  readonly isWide?: boolean;
  readonly children: ReactNode;
}

function Tile({ name, isWide = false, children }: TileProps) {
  return (
    <div className={isWide ? "tile wide" : "tile"}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
