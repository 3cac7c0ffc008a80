import { hash } from "node:crypto";
import type { Report } from "@drover/core/model/report";

/** Remembers whole reports, so that a delivery that comes again adds nothing. */
export interface SaidBefore {
  /** Whether an equal report was remembered. */
  has(report: Report): boolean;
  /** Call it once the report is durable, and not before: what failed must be let in again. */
  remember(report: Report): void;
}

/**
 * Stricter than the repeat filter: MQTT devices send one moment's measurements in several messages,
 * so that equal asset, time and place do not make two messages equal. `historical` does not count: a
 * report that is sent again after an outage is the same report.
 *
 * Holds two generations of `reportsMax` digests; at the bound the older is forgotten (drop-oldest).
 */
export function createSaidBefore(config: { readonly reportsMax: number }): SaidBefore {
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    has(report) {
      const key = digestOf(report);
      return young.has(key) || old.has(key);
    },
    remember(report) {
      if (young.size >= config.reportsMax) {
        old = young;
        young = new Set();
      }
      young.add(digestOf(report));
    },
  };
}

function digestOf(report: Report): string {
  const { historical: _, ...said } = report;
  return hash("sha1", JSON.stringify(said), "base64");
}
