// A stream in memory for tests: deduplicates as the port says and keeps what was appended, and can
// be told to fail. The real adapters' own suite is `core/stream/conformance.ts`.

import { decodeRows } from "@drover/core/model/row";
import type { StampedReport } from "@drover/core/model/report";
import type { AppendBatch, AppendResult, StreamLog } from "@drover/core/stream/log";
import { QuarantinedLine } from "./quarantine.ts";

export interface MemoryStream extends Pick<
  StreamLog,
  "append" | "partitions" | "quarantinePartition"
> {
  readonly batches: AppendBatch[];
  rows(): readonly StampedReport[];
  quarantine(): readonly QuarantinedLine[];
  /** What the next appends do instead of storing; undefined: store again. */
  fault: (() => Promise<AppendResult>) | undefined;
}

export function createMemoryStream(partitions = 24): MemoryStream {
  const seen = new Set<string>();
  const kept: { readonly kind: "rows" | "quarantine"; readonly bytes: Uint8Array }[] = [];
  const batches: AppendBatch[] = [];

  function store(batch: AppendBatch): AppendResult {
    const { identity, slices, gaps = [] } = batch;
    const who = identity.kind === "seq" ? `${identity.edge}/${identity.epoch}` : "key";
    const counts = { rows: 0, quarantine: 0 };
    let duplicates = 0;
    for (const { kind, bytes, ends, seqs, keys } of slices) {
      let start = 0;
      for (const [index, end] of ends.entries()) {
        const name = `${who}/${identity.kind === "seq" ? seqs[index] : keys?.[index]}`;
        if (seen.has(name)) duplicates++;
        else {
          seen.add(name);
          counts[kind]++;
          kept.push({ kind, bytes: bytes.slice(start, end) });
        }
        start = end;
      }
    }
    for (const { first, last } of gaps) {
      for (let seq = first; seq <= last; seq++) seen.add(`${who}/${seq}`);
    }
    let through = 0;
    while (identity.kind === "seq" && seen.has(`${who}/${through + 1}`)) through++;
    return { accepted: counts.rows, quarantined: counts.quarantine, duplicates, through };
  }

  const stream: MemoryStream = {
    partitions,
    quarantinePartition: partitions,
    batches,
    fault: undefined,
    append(batch) {
      batches.push(batch);
      return stream.fault === undefined ? Promise.resolve(store(batch)) : stream.fault();
    },
    rows: () =>
      kept.filter(({ kind }) => kind === "rows").flatMap(({ bytes }) => decodeRows(bytes)),
    quarantine: () =>
      kept
        .filter(({ kind }) => kind === "quarantine")
        .map(({ bytes }) => QuarantinedLine.parse(JSON.parse(Buffer.from(bytes).toString()))),
  };
  return stream;
}
