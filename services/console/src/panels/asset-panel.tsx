import { askAsset, type AssetView } from "../api/assets.ts";
import { movers } from "../live/feed.ts";
import { useMovers } from "../live/use-movers.ts";
import { clearSelection, follow, openPanel, setTrails } from "../state/actions.ts";
import { goTo } from "../state/map-orders.ts";
import { useConsole } from "../state/use-console.ts";
import { AssetEvents } from "./asset/asset-events.tsx";
import { Identity } from "./asset/identity.tsx";
import { Latest } from "./asset/latest.tsx";
import { Plots } from "./asset/plots.tsx";
import { Age } from "./controls/age.tsx";
import { Icon } from "./controls/icon.tsx";
import { Answer, Empty } from "./controls/note.tsx";
import { Panel } from "./controls/panel.tsx";
import { useAsk } from "./controls/use-ask.ts";
import "./asset/asset.css";

const EVERY_MS = 2_000;
/** Near enough to see what is around an asset. */
const NEAR_ZOOM = 9;

/** The page of the asset that was selected last. */
export function AssetPanel() {
  const asset = useConsole((state) => state.selected.at(-1));
  if (asset === undefined) {
    return (
      <Panel title="Asset">
        <Empty title="No asset is selected">
          <span>Click one on the map, or choose it from the table.</span>
          <button type="button" onClick={() => openPanel("assets")}>
            Show all assets
          </button>
        </Empty>
      </Panel>
    );
  }
  return <OneAsset key={asset} asset={asset} />;
}

function OneAsset({ asset }: { readonly asset: string }) {
  const asked = useAsk(asset, (signal) => askAsset(asset, signal), { everyMs: EVERY_MS });
  const slot = movers.slotOf(asset);
  const label = slot === undefined ? undefined : movers.labels[slot];
  const id = asset.slice(asset.indexOf(":") + 1);
  return (
    <Panel title={label ?? nameOf(asked.value) ?? id} onBack={() => openPanel("assets")}>
      <Buttons asset={asset} view={asked.value} />
      <Answer asked={asked} what="this asset" rows={8}>
        {(view) => (
          <>
            <p className="asset-said muted">
              Said something <Age at={view.at} suffix=" ago" />
            </p>
            <Latest view={view} />
            <Plots asset={asset} />
            <AssetEvents asset={asset} />
            <Identity view={view} />
          </>
        )}
      </Answer>
    </Panel>
  );
}

function nameOf(view: AssetView | undefined): string | undefined {
  const { callsign, name } = view?.attributes ?? {};
  return callsign?.trim() || name?.trim();
}

function Buttons({
  asset,
  view,
}: {
  readonly asset: string;
  readonly view: AssetView | undefined;
}) {
  const isFollowed = useConsole((state) => state.followed === asset);
  const trails = useConsole((state) => state.trails);
  // The map may have it when the server's answer is not there yet.
  useMovers();
  const slot = movers.slotOf(asset);
  const lon = slot === undefined ? view?.position?.lon : movers.columns.lon[slot];
  const lat = slot === undefined ? view?.position?.lat : movers.columns.lat[slot];
  return (
    <div className="row asset-buttons">
      <button
        type="button"
        disabled={lon === undefined || lat === undefined}
        onClick={() => lon !== undefined && lat !== undefined && goTo(lon, lat, NEAR_ZOOM)}
      >
        <Icon name="place" />
        Show
      </button>
      <button
        type="button"
        aria-pressed={isFollowed}
        onClick={() => follow(isFollowed ? undefined : asset)}
      >
        <Icon name="follow" />
        Follow
      </button>
      <button
        type="button"
        aria-pressed={trails !== "none"}
        onClick={() => setTrails(trails === "none" ? "selected" : "none")}
      >
        <Icon name="trail" />
        Trail
      </button>
      <button
        type="button"
        className="quiet icon-only"
        aria-label="Deselect"
        title="Deselect"
        onClick={clearSelection}
      >
        <Icon name="deselect" />
      </button>
    </div>
  );
}
