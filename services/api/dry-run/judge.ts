import type { WatchEvent } from "@drover/core/model/event";
import type { StampedReport } from "@drover/core/model/report";

/** Judges reports of asset after asset as the watch would, had they come in their order. */
export interface Judge {
  /** The next report of the asset, or the first of the next one. */
  take(report: StampedReport): void;
  /** Once, at the end. Time passes up to the end of the range, but for an asset that was cut off. */
  finish(isLastWhole: boolean): void;
}

/** Takes what was found; events of one asset come in the order of time, assets one after the other. */
export type Emit = (event: WatchEvent) => void;
