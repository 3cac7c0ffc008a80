import type { Report } from "@drover/core/model/report";

export interface RepeatFilterConfig {
  /** Keys held in each of two generations; at the bound the older is forgotten (drop-oldest). */
  readonly keysMax?: number;
  /**
   * The same place within this time of the asset's last report is the same observation. For feeds
   * that give an age in tenths of a second, so that one fix has a slightly other time at each poll.
   */
  readonly toleranceMs?: number;
  /**
   * A report without position that follows the asset's last report sooner than this says nothing
   * new about where it is, and is thinned out. 0 keeps all.
   */
  readonly contactEveryMs?: number;
}

/** Drops what a source has said before: same asset, same event time, same place. */
export interface RepeatFilter {
  /** Remembers the report and says what to do with it. */
  check(report: Report): "new" | "repeated" | "thinned";
  /** Forgets all; for a replay that begins again. */
  clear(): void;
}

type Last = { readonly at: number; readonly lat: number; readonly lon: number };

export function createRepeatFilter(config: RepeatFilterConfig = {}): RepeatFilter {
  const keysMax = config.keysMax ?? 50_000;
  const toleranceMs = config.toleranceMs ?? 0;
  const contactEveryMs = config.contactEveryMs ?? 0;
  let young = new Set<string>();
  let old = new Set<string>();
  let youngLast = new Map<string, Last>();
  let oldLast = new Map<string, Last>();

  function remember(key: string): void {
    if (young.size >= keysMax) {
      old = young;
      young = new Set();
    }
    young.add(key);
  }

  function rememberLast(asset: string, last: Last): void {
    if (youngLast.size >= keysMax) {
      oldLast = youngLast;
      youngLast = new Map();
    }
    youngLast.set(asset, last);
  }

  return {
    check(report) {
      const { asset, at } = report;
      // 91 is no latitude: reports without a place have one place in common.
      const lat = report.position?.lat ?? 91;
      const lon = report.position?.lon ?? 0;
      const key = `${asset} ${at} ${lat} ${lon}`;
      if (young.has(key) || old.has(key)) return "repeated";
      if (toleranceMs > 0 || contactEveryMs > 0) {
        const last = youngLast.get(asset) ?? oldLast.get(asset);
        const apartMs = last === undefined ? Infinity : Math.abs(at - last.at);
        if (last?.lat === lat && last.lon === lon && apartMs <= toleranceMs) return "repeated";
        if (lat === 91 && apartMs < contactEveryMs) return "thinned";
        rememberLast(asset, { at, lat, lon });
      }
      remember(key);
      return "new";
    },
    clear() {
      young.clear();
      old.clear();
      youngLast.clear();
      oldLast.clear();
    },
  };
}
