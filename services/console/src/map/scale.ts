// A scale bar's length: a round distance that is at most so wide.

/** Metres a pixel at zoom 0 on the equator, for tiles of 512. */
const METRES_A_PIXEL = 78_271.517;

/** At the map's middle; Web Mercator stretches by 1 / cos of the latitude. */
export const metresAPixel = (lat: number, zoom: number): number =>
  (METRES_A_PIXEL * Math.cos((lat * Math.PI) / 180)) / 2 ** zoom;

export interface Scale {
  readonly metres: number;
  readonly pixels: number;
}

/** The longest bar of 1, 2 or 5 times a power of ten metres within `pixelsMax`. */
export function scaleFor(metresPerPixel: number, pixelsMax: number): Scale {
  const most = metresPerPixel * pixelsMax;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [5, 2, 1].find((one) => one * power <= most) ?? 1;
  const metres = step * power;
  return { metres, pixels: metres / metresPerPixel };
}
