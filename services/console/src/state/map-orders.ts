// What others want of the map: go there, show that. The map listens when it is there; an order given
// before is kept, the newest one only.

export type MapOrder =
  | { readonly kind: "go"; readonly lon: number; readonly lat: number; readonly zoom?: number }
  | { readonly kind: "fit"; readonly box: readonly [number, number, number, number] }
  | { readonly kind: "zoom"; readonly by: number }
  | { readonly kind: "pan"; readonly x: number; readonly y: number }
  | { readonly kind: "home" }
  | { readonly kind: "north" };

let listener: ((order: MapOrder) => void) | undefined;
let kept: MapOrder | undefined;

export function giveOrder(order: MapOrder): void {
  if (listener === undefined) kept = order;
  else listener(order);
}

/** Moves the map's middle there; nearer when a zoom is given. */
export const goTo = (lon: number, lat: number, zoom?: number): void =>
  giveOrder({ kind: "go", lon, lat, ...(zoom !== undefined && { zoom }) });
/** Shows west, south, east, north; east may be beyond 180. */
export const fitTo = (box: readonly [number, number, number, number]): void =>
  giveOrder({ kind: "fit", box });

/** The map takes orders from now on; gives what stops it. */
export function takeOrders(take: (order: MapOrder) => void): () => void {
  listener = take;
  if (kept !== undefined) take(kept);
  kept = undefined;
  return () => {
    listener = undefined;
  };
}
