import { useEffect, useState } from "react";
import { movers, shownMs } from "../live/feed.ts";
import { isOnGround } from "../live/movers.ts";
import { matches } from "../panels/assets/matches.ts";
import { ageText } from "../panels/text/duration.ts";
import { headingText, quantities, quantityText, placeText } from "../panels/text/quantity.ts";
import { select } from "../state/actions.ts";
import { store } from "../state/store.ts";
import { boundsOf } from "../map/bounds.ts";

const EVERY_MS = 10_000;
const ROWS_MAX = 100;

interface Row {
  readonly asset: string;
  readonly label: string;
  readonly kind: string;
  readonly place: string;
  readonly state: string;
  readonly age: string;
}

/** What is on the map, as a table for those who do not see it; anew every ten seconds. */
export function MoversTable() {
  const [{ rows, total }, setTable] = useState(readTable);
  useEffect(() => {
    const timer = setInterval(() => setTable(readTable()), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <section id="map-table" className="hidden-visually" tabIndex={-1} aria-label="On the map">
      <p role="status">
        {total} {total === 1 ? "asset" : "assets"} on the map
        {total > rows.length ? `; the first ${rows.length} are listed` : ""}
      </p>
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>Kind</th>
            <th>Place</th>
            <th>Movement</th>
            <th>Age</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.asset}>
              <th scope="row">
                <button type="button" onClick={() => select(row.asset)}>
                  {row.label}
                </button>
              </th>
              <td>{row.kind}</td>
              <td>{row.place}</td>
              <td>{row.state}</td>
              <td>{row.age}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function readTable(): { readonly rows: readonly Row[]; readonly total: number } {
  const { filter } = store.getState();
  const isInBounds = boundsOf();
  const rows: Row[] = [];
  let total = 0;
  for (let slot = 0; slot < movers.slots; slot++) {
    if (!matches(movers, slot, filter)) continue;
    if (!isInBounds(movers.columns.lon[slot] ?? NaN, movers.columns.lat[slot] ?? NaN)) continue;
    total++;
    if (rows.length < ROWS_MAX) rows.push(rowOf(slot));
  }
  return { rows, total };
}

function rowOf(slot: number): Row {
  const { columns } = movers;
  const { altitude, speed } = quantities.metric;
  const onGround = ((columns.flags[slot] ?? 0) & isOnGround) !== 0;
  const parts = [
    onGround ? "on the ground" : quantityText(altitude, columns.altitudeM[slot]),
    quantityText(speed, columns.speedMps[slot]),
    headingText(columns.headingDeg[slot]),
  ];
  return {
    asset: movers.assets[slot] ?? "",
    label: movers.labels[slot] ?? "",
    kind: movers.kinds[columns.kind[slot] ?? 0] ?? "",
    place: placeText(columns.lat[slot] ?? NaN, columns.lon[slot] ?? NaN),
    state: parts.filter((part) => part !== "–").join(", "),
    age: ageText(shownMs() - (columns.at[slot] ?? NaN)),
  };
}
