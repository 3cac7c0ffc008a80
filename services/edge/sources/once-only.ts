import { hash } from "node:crypto";
import type { Report } from "@drover/core/model/report";
import type { Emit } from "./source.ts";

/** Lets every report through once, for senders that repeat themselves until they are answered. */
export interface OnceOnly {
  /**
   * Emits what was not said before. Resolves when all of it is durable, also what another call is
   * still waiting for; rejects when the outbox failed, and then the same reports may come again.
   */
  take(reports: readonly Report[], emit: Emit): Promise<{ emitted: number; repeated: number }>;
}

/**
 * Stricter than the repeat filter: devices send one moment's measurements in several messages, so
 * that equal asset, time and place do not make two messages equal. `historical` does not count: a
 * report that is sent again after an outage is the same report.
 *
 * Holds two generations of `reportsMax` digests; at the bound the older is forgotten (drop-oldest).
 */
export function createOnceOnly(config: { readonly reportsMax: number }): OnceOnly {
  let young = new Set<string>();
  let old = new Set<string>();
  const inFlight = new Map<string, Promise<void>>();

  function remember(key: string): void {
    if (young.size >= config.reportsMax) {
      old = young;
      young = new Set();
    }
    young.add(key);
  }

  return {
    async take(reports, emit) {
      const own = Promise.withResolvers<void>();
      own.promise.catch(() => {});
      const others = new Set<Promise<void>>();
      const fresh: Report[] = [];
      const keys: string[] = [];
      for (const report of reports) {
        const key = digestOf(report);
        if (young.has(key) || old.has(key)) continue;
        const pending = inFlight.get(key);
        if (pending === undefined) {
          inFlight.set(key, own.promise);
          keys.push(key);
          fresh.push(report);
        } else if (pending !== own.promise) others.add(pending);
      }
      try {
        if (fresh.length > 0) await emit(fresh);
        for (const key of keys) remember(key);
        own.resolve();
      } catch (error) {
        own.reject(error);
        throw error;
      } finally {
        for (const key of keys) inFlight.delete(key);
      }
      await Promise.all(others);
      return { emitted: fresh.length, repeated: reports.length - fresh.length };
    },
  };
}

function digestOf(report: Report): string {
  const { historical: _, ...said } = report;
  return hash("sha1", JSON.stringify(said), "base64");
}
