// Reports for the tests of this folder.

import type { StampedReport } from "@drover/core/model/report";

/** A stamped report of an aircraft; what a test is about is given in `change`. */
export function reportOf(change: Partial<StampedReport> & { at: number }): StampedReport {
  return {
    asset: "aircraft:7c6b2d",
    kind: "aircraft",
    source: "readsb",
    edge: "edge-a",
    epoch: 1,
    seq: change.at,
    sentAt: change.at + 100,
    receivedAt: change.at + 200,
    suspect: false,
    ...change,
  };
}
