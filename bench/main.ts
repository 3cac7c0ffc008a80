// `npm run bench [-- name… --quick --profile]`: runs the benchmarks one after another, prints the
// table and writes it as JSON under bench/results; with --profile also what `node --cpu-prof` saw.

import { mkdir, writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { isFigure, type Bench, type Outcome } from "./figure.ts";
import { benches } from "./benches.ts";

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const isQuick = words.includes("--quick");
  const isProfiled = words.includes("--profile");
  const names = words.filter((word) => word !== "--quick" && word !== "--profile");
  const unknown = names.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown !== undefined) {
    const known = benches.map(({ name }) => name).join(", ");
    console.error(
      `bench: expected some of ${known}, --quick or --profile; got ${JSON.stringify(unknown)}`,
    );
    process.exitCode = 2;
    return;
  }
  const chosen = names.length === 0 ? benches : benches.filter(({ name }) => names.includes(name));
  const outcomes: { bench: string; outcome: Outcome }[] = [];
  for (const bench of chosen) {
    for (const outcome of await runOne(bench, isQuick, isProfiled))
      outcomes.push({ bench: bench.name, outcome });
  }
  print(outcomes);
  await save(outcomes, isQuick);
  process.exitCode = outcomes.every(({ outcome }) => isFigure(outcome)) ? 0 : 3;
}

async function runOne(
  bench: Bench,
  isQuick: boolean,
  isProfiled: boolean,
): Promise<readonly Outcome[]> {
  const startedAt = performance.now();
  const progress = (text: string) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
    process.stderr.write(`${seconds} s  ${bench.name}: ${text}\n`);
  };
  try {
    const profileDir = fileURLToPath(new URL(`results/profiles/${bench.name}`, import.meta.url));
    return await bench.run({ progress, isQuick, ...(isProfiled && { profileDir }) });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    progress(`could not run: ${reason}`);
    return [{ name: bench.name, couldNotRun: reason }];
  }
}

function print(outcomes: readonly { bench: string; outcome: Outcome }[]): void {
  console.log("\n| figure | value | beside it | goal |\n|---|---|---|---|");
  for (const { outcome } of outcomes) {
    if (!isFigure(outcome)) {
      console.log(`| ${outcome.name} | could not run | | ${outcome.couldNotRun} |`);
      continue;
    }
    const beside = Object.entries(outcome.beside ?? {}).map(
      ([name, value]) => `${name} ${show(value)} (${(outcome.value / value).toFixed(2)} ×)`,
    );
    const goal = outcome.goal
      ? `${outcome.goal.isMet ? "met" : "NOT MET"}: ${outcome.goal.text}`
      : "";
    const note = outcome.note ? ` (${outcome.note})` : "";
    console.log(
      `| ${outcome.name}${note} | ${show(outcome.value)} ${outcome.unit} | ${beside.join("; ")} | ${goal} |`,
    );
  }
}

function show(value: number): string {
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

async function save(outcomes: readonly unknown[], isQuick: boolean): Promise<void> {
  const at = new Date().toISOString();
  const machine = { cores: cpus().length, model: cpus()[0]?.model, memoryBytes: totalmem() };
  const folder = new URL("results/", import.meta.url);
  await mkdir(folder, { recursive: true });
  const file = new URL(`${at.replaceAll(":", "-")}.json`, folder);
  await writeFile(
    file,
    `${JSON.stringify({ at, node: process.version, machine, isQuick, outcomes }, null, 2)}\n`,
  );
}

await main();
