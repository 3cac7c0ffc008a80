import { useMemo, useState } from "react";
import { useMovers } from "../live/use-movers.ts";
import { clearFilter, select } from "../state/actions.ts";
import { useConsole } from "../state/use-console.ts";
import { AssetFilters } from "./assets/asset-filters.tsx";
import { AssetTable } from "./assets/asset-table.tsx";
import { isEmptyFilter } from "./assets/matches.ts";
import { rowsOf, type SortKey } from "./assets/row-order.ts";
import { useInside } from "./assets/use-inside.ts";
import { Empty, Loading } from "./controls/note.tsx";
import { Panel } from "./controls/panel.tsx";

/** Every asset that the map has, as a table: the way round the map for those who cannot see it. */
export function AssetsPanel() {
  const { movers, revision } = useMovers();
  const filter = useConsole((state) => state.filter);
  const link = useConsole((state) => state.link);
  const [sort, setSort] = useState<SortKey>("name");
  const [isDescending, setIsDescending] = useState(false);
  const { inside, error } = useInside(filter.zone);
  const rows = useMemo(
    () => rowsOf(movers, { filter, inside, sort, isDescending }),
    // The table is written in place: its revision says that it is another one.
    [movers, revision, filter, inside, sort, isDescending],
  );
  const changeSort = (next: SortKey): void => {
    setIsDescending(next === sort ? !isDescending : next === "altitude" || next === "speed");
    setSort(next);
  };
  return (
    <Panel
      title="Assets"
      count={rows.length}
      bar={<AssetFilters movers={movers} zoneError={error} />}
      isFilled
    >
      {rows.length > 0 ? (
        <AssetTable
          movers={movers}
          rows={rows}
          sort={sort}
          isDescending={isDescending}
          onSort={changeSort}
          onOpen={(asset) => select(asset)}
        />
      ) : (
        <NoAssets isHeard={movers.count > 0} isFiltered={!isEmptyFilter(filter)} link={link} />
      )}
    </Panel>
  );
}

function NoAssets(props: {
  readonly isHeard: boolean;
  readonly isFiltered: boolean;
  readonly link: string;
}) {
  const { isHeard, isFiltered, link } = props;
  if (isHeard && isFiltered) {
    return (
      <Empty title="Nothing passes this filter">
        <span>Widen it, or look at everything.</span>
        <button type="button" onClick={clearFilter}>
          Clear the filter
        </button>
      </Empty>
    );
  }
  if (link === "connecting") {
    return (
      <div className="asset-loading">
        <Loading what="assets" rows={8} />
      </div>
    );
  }
  if (link === "offline") {
    return (
      <Empty title="No connection to the server">
        <span>It is tried again by itself; what was shown comes back with it.</span>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing has reported here">
      <span>
        Move the map to where your assets are, start a source, or send a line to{" "}
        <code>POST /v1/reports</code>.
      </span>
    </Empty>
  );
}
