// Runs test files in this one process, one after another, and tells its parent what came of every
// test. Started by test/run.ts with the limit of one test and the files: most files take longer to
// load what they import than to run.

import { run } from "node:test";
import { plainErrorOf } from "./tally.ts";
import type { ShardMessage } from "./tally.ts";

const [timeoutMs, ...files] = process.argv.slice(2);
const send = (message: ShardMessage): void => void process.send?.(message);

const stream = run({ files, isolation: "none", timeout: Number(timeoutMs) });
stream.on("test:pass", ({ name, file, skip, todo, details }) => {
  const isSuite = details.type === "suite";
  send({ kind: "test", name, file, skip, todo, durationMs: details.duration_ms, isSuite });
});
stream.on("test:fail", ({ name, file, skip, todo, details }) => {
  const isSuite = details.type === "suite";
  const error = plainErrorOf(details.error);
  send({ kind: "test", name, file, skip, todo, durationMs: details.duration_ms, isSuite, error });
});
stream.on("end", () => send({ kind: "end" }));
stream.resume();

// Asked by the parent before it ends a silent process: what keeps this one alive.
process.on("SIGUSR2", () => {
  console.error(`kept by ${process.getActiveResourcesInfo().join(", ")}`);
  process.exit(1);
});
