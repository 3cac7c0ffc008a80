import { movers } from "../../live/feed.ts";
import { select } from "../../state/actions.ts";

export interface AssetLinksProps {
  readonly assets: readonly string[];
  /** How many there are; more than are given when the list is cut. */
  readonly count: number;
}

/** Assets by name, each leading to its page. */
export function AssetLinks({ assets, count }: AssetLinksProps) {
  if (assets.length === 0) return <p className="muted">Nobody.</p>;
  return (
    <ul className="asset-links">
      {assets.map((asset) => (
        <li key={asset}>
          <button type="button" className="chip" onClick={() => select(asset)}>
            {nameOf(asset)}
          </button>
        </li>
      ))}
      {count > assets.length && <li className="muted">and {count - assets.length} more</li>}
    </ul>
  );
}

function nameOf(asset: string): string {
  const slot = movers.slotOf(asset);
  const label = slot === undefined ? undefined : movers.labels[slot];
  return label ?? asset.slice(asset.indexOf(":") + 1);
}
