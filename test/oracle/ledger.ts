// The oracle's own account: what was handed over and what of it was acknowledged. What to expect
// comes from here and never from Drover's counters.

import { normaliseReport, type Report } from "../../core/model/report.ts";

/** Every report of the oracle carries its number, so that a row names what it came from. */
export const numberMetric = "oracleNumber";

export interface Ledger {
  /** Notes a report before it is handed over. */
  offered(report: Report): void;
  /** Notes that the outbox (or ingest) has acknowledged it. */
  acknowledged(report: Report): void;
  counts(): { offered: number; acknowledged: number };
  judge(rows: Iterable<Report>): Finding;
}

/** What is wrong; all empty is what we want. At most `examplesMax` examples of each. */
export interface Finding {
  readonly rows: number;
  readonly acknowledged: number;
  readonly missing: number;
  readonly twice: number;
  readonly unsent: number;
  readonly different: number;
  readonly examples: readonly string[];
}

const examplesMax = 10;

export function createLedger(): Ledger {
  const offered = new Map<number, Report>();
  const acknowledged = new Set<number>();
  return {
    offered: (report) => void offered.set(numberOf(report), report),
    acknowledged: (report) => void acknowledged.add(numberOf(report)),
    counts: () => ({ offered: offered.size, acknowledged: acknowledged.size }),
    judge(rows) {
      const seen = new Map<number, number>();
      const examples: string[] = [];
      const count = { rows: 0, missing: 0, twice: 0, unsent: 0, different: 0 };
      const note = (kind: "missing" | "twice" | "unsent" | "different", text: string) => {
        count[kind]++;
        if (examples.length < examplesMax) examples.push(`${kind}: ${text}`);
      };
      for (const row of rows) {
        count.rows++;
        const number = numberOf(row);
        const times = (seen.get(number) ?? 0) + 1;
        seen.set(number, times);
        const sent = offered.get(number);
        if (sent === undefined) note("unsent", canonical(row));
        else if (times > 1) note("twice", canonical(row));
        else if (canonical(row) !== canonical(normaliseReport(sent))) {
          note("different", `${canonical(row)} was sent as ${canonical(normaliseReport(sent))}`);
        }
      }
      for (const number of acknowledged) {
        if (!seen.has(number)) note("missing", canonical(offered.get(number)));
      }
      return { ...count, acknowledged: acknowledged.size, examples };
    },
  };
}

function numberOf(report: Report): number {
  return report.measurements?.[numberMetric] ?? Number.NaN;
}

/** JSON with sorted keys, without what was not given: equal texts are equal reports. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(
      Object.entries(inner).toSorted(([left], [right]) => (left < right ? -1 : 1)),
    );
  });
}
