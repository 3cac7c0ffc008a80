// Places that movers were seen at. Bounded in places of one trail and in trails; beyond, the oldest go.

import type { Movers } from "../live/movers.ts";
import { unwrapped } from "./zone-outline.ts";

export interface Trail {
  readonly asset: string;
  /** [lon, lat], the oldest first, going on beyond ±180°. */
  readonly path: readonly [number, number][];
  /** Beside each place; NaN where it is not known. */
  readonly altitudesM: readonly number[];
}

interface Page {
  readonly asset: string;
  path: [number, number][];
  altitudesM: number[];
  lastAt: number;
  /** Cut back to so many when there are a quarter more. */
  readonly placesMax: number;
}

const PLACES_MAX = 2_000;
/** Of trails that are seen live alone. */
const LIVE_PLACES_MAX = 120;
const TRAILS_MAX = 5_000;

export class TrailBook {
  readonly #pages = new Map<string, Page>();

  /** Puts what history knows before what was seen since. */
  begin(
    asset: string,
    points: readonly {
      readonly at: number;
      readonly lon: number;
      readonly lat: number;
      readonly altitudeM?: number | undefined;
    }[],
  ): void {
    const path = points.map(({ lon, lat }): [number, number] => [lon, lat]);
    const altitudesM = points.map(({ altitudeM = NaN }) => altitudeM);
    this.#pages.set(asset, {
      asset,
      path: unwrapped(path),
      altitudesM,
      lastAt: points.at(-1)?.at ?? 0,
      placesMax: PLACES_MAX,
    });
  }

  /** Where a mover is now. */
  add(movers: Movers, slot: number): void {
    const asset = movers.assets[slot] ?? "";
    const lon = movers.columns.lon[slot] ?? NaN;
    const lat = movers.columns.lat[slot] ?? NaN;
    const at = movers.columns.at[slot] ?? NaN;
    if (asset === "" || Number.isNaN(lon)) return;
    const page = this.#pages.get(asset) ?? this.#newPage(asset);
    if (at <= page.lastAt) return;
    const last = page.path.at(-1);
    const turns = last === undefined ? 0 : -360 * Math.round((lon - last[0]) / 360);
    if (last !== undefined && last[0] === lon + turns && last[1] === lat) return;
    page.lastAt = at;
    page.path.push([lon + turns, lat]);
    page.altitudesM.push(movers.columns.altitudeM[slot] ?? NaN);
    if (page.path.length <= page.placesMax * 1.25) return;
    page.path = page.path.slice(-page.placesMax);
    page.altitudesM = page.altitudesM.slice(-page.placesMax);
  }

  of(assets: readonly string[]): readonly Trail[] {
    const wanted = assets.flatMap((asset) => this.#pages.get(asset) ?? []);
    return wanted.filter(({ path }) => path.length > 1);
  }

  all(): readonly Trail[] {
    return [...this.#pages.values()].filter(({ path }) => path.length > 1);
  }

  clear(): void {
    this.#pages.clear();
  }

  #newPage(asset: string): Page {
    if (this.#pages.size >= TRAILS_MAX) {
      const [oldest] = this.#pages.keys();
      if (oldest !== undefined) this.#pages.delete(oldest);
    }
    const page = { asset, path: [], altitudesM: [], lastAt: 0, placesMax: LIVE_PLACES_MAX };
    this.#pages.set(asset, page);
    return page;
  }
}
