// `npm test`: what must hold before a change lands, in the order of what fails fastest. Ends with
// the counted list of skips. Where DROVER_CI is set a skip that is not accepted fails the run.

import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";

interface Tally {
  passed: number;
  failed: number;
  skips: { name: string; reason: string }[];
}

const suites: Readonly<Record<string, readonly string[]>> = {
  unit: ["{bin,core,services,platform,control,cli}/**/*.test.ts"],
  system: ["test/*.test.ts"],
};

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => name !== "check" && !(name in suites));
  if (unknown !== undefined) {
    console.error(`test: expected check, unit or system, got ${JSON.stringify(unknown)}`);
    process.exitCode = 2;
    return;
  }
  const all = wanted.length === 0;
  if ((all || wanted.includes("check")) && !check()) {
    console.log("0 passed, 1 failed");
    process.exitCode = 1;
    return;
  }
  const tally: Tally = { passed: 0, failed: 0, skips: [] };
  for (const [name, patterns] of Object.entries(suites)) {
    if (all || wanted.includes(name)) await runSuite(name, patterns, tally);
  }
  if (all || wanted.some((name) => name !== "check")) report(tally);
}

/** Format, lint and types, each with its own output. */
function check(): boolean {
  for (const [tool, ...options] of [["oxfmt", "--check"], ["oxlint"], ["tsc", "--noEmit"]]) {
    if (tool === undefined) continue;
    const startedAt = performance.now();
    const result = spawnSync("npx", ["--no-install", tool, ...options], { encoding: "utf8" });
    if (result.status !== 0) {
      console.error(`${result.stdout}${result.stderr}\n✖ ${[tool, ...options].join(" ")}`);
      return false;
    }
    console.log(`✔ ${tool} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  }
  return true;
}

async function runSuite(name: string, patterns: readonly string[], tally: Tally): Promise<void> {
  const files = globSync([...patterns], { exclude: ["**/node_modules/**"] }).toSorted();
  if (files.length === 0) return;
  const startedAt = performance.now();
  const stream = run({ files, concurrency: name === "system" ? 1 : 2, timeout: 300_000 });
  stream.on("test:pass", (event) => {
    if (event.details.type === "suite") return;
    if (typeof event.skip === "string" || event.skip === true) {
      const reason = event.skip === true ? "no reason given" : event.skip;
      tally.skips.push({ name: event.name, reason });
    } else if (!files.some((file) => event.name.endsWith(file))) tally.passed++;
  });
  stream.on("test:fail", (event) => {
    if (event.details.type !== "suite") tally.failed++;
  });
  const printer = stream.compose(spec);
  printer.pipe(process.stdout, { end: false });
  await new Promise<void>((resolve, reject) => {
    printer.on("end", resolve);
    stream.on("error", reject);
  });
  console.log(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
}

function report(tally: Tally): void {
  const byReason = new Map<string, string[]>();
  for (const { name, reason } of tally.skips) {
    byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  for (const [reason, names] of byReason) console.log(`skipped ${names.length}: ${reason}`);
  if (process.env["DROVER_CI"] !== undefined) {
    const accepted = acceptedSkips();
    for (const { name, reason } of tally.skips) {
      if (accepted.some((text) => reason.includes(text))) continue;
      console.error(`✖ skipped where it should run: ${name}: ${reason}`);
      tally.failed++;
    }
  }
  console.log(
    `${tally.passed} passed, ${tally.failed} failed${tally.skips.length > 0 ? `, ${tally.skips.length} skipped` : ""}`,
  );
  process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
}

/** Reasons that CI accepts, one a line; what they leave unproved is said beside them. */
function acceptedSkips(): string[] {
  const text = readFileSync(new URL("accepted-skips.txt", import.meta.url), "utf8");
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

await main();
