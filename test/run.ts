// `npm test`: what must hold before a change lands, in the order of what fails fastest. Ends with
// the counted list of skips. Where DROVER_CI is set a skip that is not accepted fails the run.

import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { createTally } from "./tally.ts";
import type { ShardMessage, Tally } from "./tally.ts";

type Suite = {
  readonly files: string;
  /** Files that start no process share two, so that what they import is loaded twice, not often. */
  readonly isShared: boolean;
  readonly atOnce: number;
  readonly testTimeoutMs: number;
  readonly shardTimeoutMs: number;
};

const folders = "{bin,core,services,platform,control,cli}/**";
const unit = { isShared: true, atOnce: 2, testTimeoutMs: 30_000, shardTimeoutMs: 180_000 };
const system = { isShared: false, testTimeoutMs: 300_000, shardTimeoutMs: 420_000 };
const suites: Readonly<Record<string, readonly Suite[]>> = {
  unit: [{ ...unit, files: `{${folders},test/*/**}/*.test.ts` }],
  system: [
    { ...system, files: `${folders}/*.system.test.ts`, atOnce: 2 },
    // Each of these fills the machine alone.
    { ...system, files: "test/*.test.ts", atOnce: 1 },
  ],
};

const root = join(import.meta.dirname, "..");
const cache = join(root, "node_modules/.cache/drover");
/** How long a process may be silent beyond the time limit of one test. */
const silentMs = 10_000;

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((name) => name !== "check" && !(name in suites));
  if (unknown !== undefined) {
    console.error(`test: expected check, unit or system, got ${JSON.stringify(unknown)}`);
    process.exitCode = 2;
    return;
  }
  const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
  const tally = createTally();
  mkdirSync(cache, { recursive: true });
  if (isWanted("check") && !(await check())) {
    tally.fail("check");
  } else {
    for (const [name, parts] of Object.entries(suites)) {
      if (!isWanted(name)) continue;
      const startedAt = performance.now();
      for (const part of parts) await runSuite(part, tally);
      console.log(`${name}: ${secondsSince(startedAt)}\n`);
    }
  }
  report(tally, wanted.length === 1 && wanted[0] === "check");
}

const secondsSince = (startedAt: number): string =>
  `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;

/** Format, lint and types at once; the output of what fails. */
async function check(): Promise<boolean> {
  const tsc = (...options: string[]): string[] => ["tsc", "--noEmit", "--incremental", ...options];
  const tools = [
    ["oxfmt", "--check"],
    ["oxlint"],
    tsc("--tsBuildInfoFile", join(cache, "tsbuildinfo")),
    // The browser's half has the DOM's types.
    tsc("-p", "services/console", "--tsBuildInfoFile", join(cache, "tsbuildinfo-console")),
  ];
  const results = await Promise.all(
    tools.map(async ([tool = "", ...options]) => {
      const startedAt = performance.now();
      const args = [join(root, "node_modules/.bin", tool), ...options];
      const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
      const exited = once(child, "exit");
      const output = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [code] = await exited;
      if (code === 0) console.log(`✔ ${tool} (${secondsSince(startedAt)})`);
      else console.error(`${output.join("")}\n✖ ${tool} ${options.join(" ")}`);
      return code === 0;
    }),
  );
  return results.every(Boolean);
}

async function runSuite(suite: Suite, tally: Tally): Promise<void> {
  const exclude = ["**/node_modules/**", ...(suite.isShared ? ["**/*.system.test.ts"] : [])];
  const files = globSync(suite.files, { cwd: root, exclude }).toSorted();
  const shared = suite.isShared ? files.filter(canShare) : [];
  const alone = files.filter((file) => !shared.includes(file)).map((file) => [file]);
  const waiting = [...dealt(shared, suite.atOnce), ...alone];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await runShard(next, suite, tally);
    }
  };
  await Promise.all(Array.from({ length: suite.atOnce }, lane));
}

/** In a shared process a hook of a file is one of all files, and runs when the last of them is done. */
function canShare(file: string): boolean {
  return !/^(?:before|after)(?:Each)?\(/m.test(readFileSync(join(root, file), "utf8"));
}

/** Neighbours cost alike, so they are dealt out in turn. */
function dealt(files: readonly string[], hands: number): string[][] {
  return Array.from({ length: hands }, (_, hand) => files.filter((_, i) => i % hands === hand));
}

/** Runs these files in one process. Whatever ends it before its tests did is a failure. */
async function runShard(files: readonly string[], suite: Suite, tally: Tally): Promise<void> {
  if (files.length === 0) return;
  const spent = new Map<string, { tests: number; ms: number; isGood: boolean }>();
  const empty: string[] = [];
  let isEnded = false;
  const child = fork(join(import.meta.dirname, "shard.ts"), [`${suite.testTimeoutMs}`, ...files], {
    cwd: root,
    execArgv: ["--disable-warning=ExperimentalWarning"],
    env: { ...process.env, NODE_COMPILE_CACHE: join(cache, "compile-cache") },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const kill = () => child.kill("SIGKILL");
  const overall = setTimeout(kill, suite.shardTimeoutMs + silentMs);
  // The runner waits as long as anything that a test left behind keeps the process.
  const ask = () => child.kill("SIGUSR2");
  const silent = setTimeout(ask, suite.testTimeoutMs + silentMs);
  child.on("message", (message: ShardMessage) => {
    silent.refresh();
    isEnded ||= message.kind === "end";
    if (message.kind === "end") return;
    const file = relative(root, message.file ?? "");
    // The runner takes a file without tests for one good test of the file's name.
    if (message.name === file && message.error === undefined) return void empty.push(file);
    tally.add(message);
    const of = spent.get(file) ?? { tests: 0, ms: 0, isGood: true };
    spent.set(file, of);
    if (!message.isSuite) of.tests++;
    if (!message.isSuite) of.ms += message.durationMs;
    if (message.error === undefined || (message.todo ?? false) !== false) return;
    of.isGood = false;
    console.error(`✖ ${file}: ${message.name}\n  ${message.error.replaceAll("\n", "\n  ")}\n`);
  });
  const [code, signal] = await once(child, "exit");
  clearTimeout(overall);
  clearTimeout(silent);
  for (const [file, { tests, ms, isGood }] of spent) {
    console.log(`${isGood ? "✔" : "✖"} ${file} (${tests}, ${(ms / 1000).toFixed(1)} s)`);
  }
  const fail = (what: string): void => {
    console.error(`✖ ${what}`);
    tally.fail(what);
  };
  const last = [...spent.keys()].at(-1) ?? files[0];
  const how = signal === null ? `code ${code}` : `signal ${signal}`;
  if (!isEnded) fail(`the process of the tests did not end well (${how}), in or after ${last}`);
  for (const file of empty) fail(`${file}: holds no test`);
}

function report(tally: Tally, isCheckOnly: boolean): void {
  const byReason = Map.groupBy(tally.skips, ({ reason }) => reason);
  for (const [reason, names] of byReason) console.log(`skipped ${names.length}: ${reason}`);
  if (process.env["DROVER_CI"] !== undefined) {
    const accepted = acceptedSkips();
    for (const { name, reason } of tally.skips) {
      if (accepted.some((known) => reason.includes(known))) continue;
      console.error(`✖ skipped where it should run: ${name}: ${reason}`);
      tally.fail(name);
    }
  }
  if (isCheckOnly && tally.failed.length === 0) return;
  for (const what of tally.failed) console.log(`failed: ${what}`);
  console.log(tally.line());
  process.exitCode = tally.exitCode();
}

/** Reasons that CI accepts, one a line; what they leave unproved is said beside them. */
function acceptedSkips(): string[] {
  const lines = readFileSync(new URL("accepted-skips.txt", import.meta.url), "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

await main();
