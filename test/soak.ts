// `npm run soak [-- --minutes N] [--seed N] [--reports N]`: the conservation oracle again and again,
// with another seed every time. One line a round; stops at the first failure and says how to repeat it.
// Exit codes: 0 every round held, 1 one did not, 2 wrong arguments.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..");
const oracle = "test/outage.test.ts";
const roundTimeoutMs = 15 * 60_000;
const outputCharsMax = 200_000;

type Round = { readonly isGood: boolean; readonly output: string; readonly how: string };

async function main(): Promise<void> {
  const limits = readArguments();
  if (limits === undefined) {
    console.error("soak: expected --minutes, --seed and --reports to be whole numbers from 1");
    process.exitCode = 2;
    return;
  }
  const { minutes, reports } = limits;
  const startedAt = performance.now();
  const passedMinutes = (): number => (performance.now() - startedAt) / 60_000;
  let rounds = 0;
  for (let seed = limits.seed; passedMinutes() < minutes; seed++) {
    const env: Record<string, string> = { DROVER_ORACLE_SEED: `${seed}` };
    if (reports !== undefined) env["DROVER_ORACLE_REPORTS"] = `${reports}`;
    const roundAt = performance.now();
    const { isGood, output, how } = await playRound(env);
    rounds++;
    const took = `${((performance.now() - roundAt) / 1000).toFixed(0)} s`;
    console.log(`${isGood ? "✔" : "✖"} seed ${seed}: ${isGood ? "held" : how} (${took})`);
    if (isGood) continue;
    const again = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    console.error(`${output}\nTo repeat it: ${again.join(" ")} node --test ${oracle}`);
    process.exitCode = 1;
    return;
  }
  console.log(`${rounds} rounds held in ${passedMinutes().toFixed(1)} minutes`);
}

function readArguments() {
  const options = { minutes: { type: "string" }, seed: { type: "string" } } as const;
  const { values } = parseArgs({ options: { ...options, reports: { type: "string" } } });
  const wholes = [values.minutes ?? "30", values.seed ?? "1", values.reports ?? "1"].map(Number);
  if (!wholes.every((value) => Number.isSafeInteger(value) && value >= 1)) return undefined;
  const [minutes = 0, seed = 0, reports] = wholes;
  return { minutes, seed, reports: values.reports === undefined ? undefined : reports };
}

/** Plays the oracle once. A skipped oracle proves nothing, so it is no good round. */
async function playRound(env: Readonly<Record<string, string>>): Promise<Round> {
  const args = ["--test", "--test-isolation=none", "--test-reporter=tap", oracle];
  const stop = AbortSignal.timeout(roundTimeoutMs);
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // SIGTERM, and not at once SIGKILL: the oracle then ends the processes that it started.
  stop.addEventListener("abort", () => child.kill("SIGTERM"));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-outputCharsMax);
    });
  }
  const [code, signal] = await once(child, "close");
  const passed = /^# pass (\d+)$/m.exec(output)?.[1] ?? "0";
  const isSkipped = /^# skipped [1-9]/m.test(output);
  const how = stop.aborted ? "no end" : isSkipped ? "skipped" : `failed (${signal ?? code})`;
  return { isGood: code === 0 && Number(passed) > 0 && !isSkipped, output, how };
}

await main();
