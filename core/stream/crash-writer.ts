// A process to be killed by the tests: `crash-writer.ts <url> <edge> <first seq> <row bytes>`.
// Appends batches of ten rows from four callers, without end, and says each range once it was
// acknowledged; says `refused <error>` and ends when an append is refused.

import { writeSync } from "node:fs";
import { systemClock } from "../service/clock.ts";
import { batchOf, runOf } from "./conformance-batches.ts";
import { openStream } from "./open.ts";

const [url = "", edge = "", firstSeq = "1", rowBytes = "10"] = process.argv.slice(2);
const log = await openStream({ url, partitions: 3 }, { clock: systemClock });
let next = Number(firstSeq);
const identity = { kind: "seq", edge, epoch: 1 } as const;
const filler = "x".repeat(Number(rowBytes));

async function send(): Promise<void> {
  for (;;) {
    const first = next;
    next += 10;
    const rows = runOf(first, first + 9, 3).map((row) => ({
      ...row,
      text: `${edge}:${row.seq}:${filler}`,
    }));
    await log.append(batchOf(rows, { identity }));
    writeSync(1, `${first} ${first + 9}\n`);
  }
}

try {
  await Promise.all([send(), send(), send(), send()]);
} catch (error) {
  writeSync(1, `refused ${error instanceof Error ? `${error.name}: ${error.message}` : "?"}\n`);
  process.exitCode = 1;
}
