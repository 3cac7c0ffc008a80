import { select, setReplay, startReplay } from "../../state/actions.ts";
import { goTo } from "../../state/map-orders.ts";
import { store } from "../../state/store.ts";

export interface Moment {
  /** Epoch ms. */
  readonly at: number;
  readonly asset?: string | undefined;
  readonly position?: { readonly lat: number; readonly lon: number } | undefined;
}

const BEFORE_MS = 10 * 60_000;
const AFTER_MS = 5 * 60_000;
/** Shown a little before it happens, so that it is seen happening. */
const LEAD_MS = 20_000;
const NEAR_ZOOM = 10;

/** Shows the map as it was when something happened, there where it happened. */
export function showMoment({ at, asset, position }: Moment): void {
  const { replay, panel } = store.getState();
  const start = at - LEAD_MS;
  if (replay !== undefined && replay.from <= start && at <= replay.to) setReplay({ at: start });
  else {
    const to = Math.min(Date.now(), at + AFTER_MS);
    startReplay({ from: at - BEFORE_MS, to: Math.max(to, at), at: start, speed: 10 });
  }
  if (asset !== undefined) {
    select(asset);
    // The list stays open: the next line is often what is wanted next.
    if (panel !== undefined) store.setState({ panel });
  }
  if (position !== undefined) goTo(position.lon, position.lat, NEAR_ZOOM);
}
