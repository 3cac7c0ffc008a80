import { useId, useState } from "react";
import type { Movers } from "../../live/movers.ts";
import { clearFilter, setFilter } from "../../state/actions.ts";
import { useConsole } from "../../state/use-console.ts";
import { Chips, SelectField } from "../controls/field.tsx";
import { Mistake } from "../controls/note.tsx";
import { useUnits } from "../controls/use-units.ts";
import { isEmptyFilter } from "./matches.ts";
import { RangeFields } from "./range-fields.tsx";

export interface AssetFiltersProps {
  readonly movers: Movers;
  readonly zoneError: unknown;
}

/** What of the assets is shown, on the map too. */
export function AssetFilters({ movers, zoneError }: AssetFiltersProps) {
  const filter = useConsole((state) => state.filter);
  const [isOpen, setIsOpen] = useState(
    filter.altitudeM !== undefined || filter.speedMps !== undefined || filter.zone !== undefined,
  );
  const more = useId();
  const kinds = movers.kinds.filter((kind) => kind !== "").toSorted();
  return (
    <search className="asset-filters">
      <div className="asset-search">
        <input
          type="search"
          aria-label="Search by id, callsign or name"
          placeholder="Search id, callsign, name"
          value={filter.text ?? ""}
          onChange={({ target }) => setFilter({ text: target.value })}
        />
        <button
          type="button"
          aria-expanded={isOpen}
          aria-controls={more}
          onClick={() => setIsOpen(!isOpen)}
        >
          Filter
        </button>
        <button
          type="button"
          className="quiet"
          disabled={isEmptyFilter(filter)}
          onClick={clearFilter}
        >
          Clear
        </button>
      </div>
      {kinds.length > 1 && (
        <Chips
          label="Kinds"
          options={kinds.map((kind) => ({ value: kind, label: kind }))}
          chosen={filter.kinds ?? []}
          onChange={(chosen) => setFilter({ kinds: chosen })}
        />
      )}
      <div id={more} hidden={!isOpen} className="asset-filters-more">
        <MoreFilters />
        <Mistake error={zoneError} />
      </div>
    </search>
  );
}

function MoreFilters() {
  const filter = useConsole((state) => state.filter);
  const zones = useConsole((state) => state.zones);
  const units = useUnits();
  return (
    <>
      <RangeFields
        label="Altitude"
        quantity={units.altitude}
        lowestSi={-12_000}
        range={filter.altitudeM}
        onChange={(altitudeM) => setFilter({ altitudeM })}
      />
      <RangeFields
        label="Speed"
        quantity={units.speed}
        lowestSi={0}
        range={filter.speedMps}
        onChange={(speedMps) => setFilter({ speedMps })}
      />
      <SelectField
        label="In zone"
        value={filter.zone ?? ""}
        options={[
          { value: "", label: zones.length === 0 ? "No zones yet" : "Anywhere" },
          ...zones.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onChange={(zone) => setFilter({ zone: zone === "" ? undefined : zone })}
      />
    </>
  );
}
