// One writer of the stream benchmark: `stream-writer.ts <url> <writer> <seconds>`. Appends batches
// of 500 rows from 8 callers at once, each row numbered, and prints what it did as JSON.

import { systemClock } from "@drover/core/service/clock";
import type { AppendBatch, Slice } from "@drover/core/stream/log";
import { openStream } from "@drover/core/stream/open";
import { percentile } from "./figure.ts";

export interface WriterAnswer {
  readonly reports: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const CALLERS = 8;
const BATCH = 500;
const ROW_BYTES = 160;

async function main(): Promise<void> {
  const [url = "", writer = "0", seconds = "3"] = process.argv.slice(2);
  await using log = await openStream({ url }, { clock: systemClock });
  const edge = `bench-${writer}-${process.pid}`;
  const slices = template(log.partitions);
  let seq = 1;
  let reports = 0;
  const latenciesMs: number[] = [];
  process.stdout.write("ready\n");
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const startedAt = performance.now();
  const endAt = startedAt + Number(seconds) * 1_000;
  const caller = async () => {
    while (performance.now() < endAt) {
      const batch = numbered(slices, edge, seq);
      seq += BATCH;
      const before = performance.now();
      const { accepted } = await log.append(batch);
      latenciesMs.push(performance.now() - before);
      reports += accepted;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  const answer: WriterAnswer = {
    reports,
    seconds: (performance.now() - startedAt) / 1_000,
    p50Ms: percentile(latenciesMs, 50),
    p99Ms: percentile(latenciesMs, 99),
  };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
  process.stdin.destroy();
}

function template(partitions: number): { slice: Slice; places: number[] }[] {
  const places: number[][] = Array.from({ length: partitions }, () => []);
  for (let row = 0; row < BATCH; row++) places[(row * 7) % partitions]?.push(row);
  return places.map((mine, partition) => {
    const bytes = new Uint8Array(mine.length * ROW_BYTES).fill(partition + 1);
    const ends = mine.map((_, index) => (index + 1) * ROW_BYTES);
    return { slice: { partition, kind: "rows", bytes, ends, seqs: [] }, places: mine };
  });
}

function numbered(
  templates: readonly { slice: Slice; places: number[] }[],
  edge: string,
  first: number,
): AppendBatch {
  const slices = templates.map(({ slice, places }) => ({
    ...slice,
    seqs: places.map((place) => first + place),
  }));
  return { identity: { kind: "seq", edge, epoch: 1 }, lane: "live", slices };
}

await main();
