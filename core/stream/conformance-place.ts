// Where the conformance suite runs: an adapter gives it places, a place gives it logs.

import { systemClock } from "../service/clock.ts";
import type { Clock } from "../service/clock.ts";
import type { StreamLog } from "./log.ts";
import type { StreamOptions } from "./stream-options.ts";

/** One log of its own; opened as often as one likes. */
export interface Place extends AsyncDisposable {
  open(options?: StreamOptions, clock?: Clock): Promise<StreamLog>;
}

export interface Adapter {
  readonly name: string;
  /** Why the suite cannot run here; undefined when it can. */
  readonly skip?: string;
  place(): Promise<Place>;
}

export const partitions = 3;

/** Opens one log in a new place; both go with the scope. */
export async function opened(
  adapter: Adapter,
  options: StreamOptions = {},
  clock: Clock = systemClock,
): Promise<{ log: StreamLog; place: Place } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await adapter.place());
  const log = stack.use(await place.open({ partitions, ...options }, clock));
  const kept = stack.move();
  return { log, place, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
