// How much the stream takes: batches of 500 rows of 160 bytes over 24 partitions, 8 callers a
// process, each commit synced; with 1, 2 and 4 writing processes, on SQLite and, where it is
// installed, on Redis (appendfsync always).

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { findRedis, startRedis } from "@drover/core/stream/temporary-redis";
import { systemClock } from "@drover/core/service/clock";
import { atLeast } from "./figure.ts";
import type { Bench, BenchContext, Figure, Outcome } from "./figure.ts";
import type { WriterAnswer } from "./stream-writer.ts";
import { scratchFolder } from "./scratch.ts";

const WRITERS = [1, 2, 4];
const GOAL_PER_SECOND = 600_000;

export const streamBench: Bench = { name: "stream", run };

async function run(context: BenchContext): Promise<readonly Outcome[]> {
  const folder = scratchFolder("stream");
  const binary = await findRedis(process.env);
  const redis = binary && (await startRedis({ binary, folder }, { clock: systemClock }));
  const outcomes: Outcome[] = [];
  try {
    for (const writers of WRITERS) {
      const onSqlite = await measure(`sqlite:${folder}/stream-${writers}.db`, writers, context);
      const onRedis =
        redis && (await measure(`${redis.url}?prefix=bench-${writers}`, writers, context));
      outcomes.push(figureOf(writers, onSqlite, onRedis));
    }
    if (!redis)
      outcomes.push({ name: "Redis appends", couldNotRun: "redis-server is not installed" });
  } finally {
    if (redis) await redis[Symbol.asyncDispose]();
  }
  return outcomes;
}

interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The slowest writer's share of an equal one. */
  readonly leastShare: number;
}

function figureOf(writers: number, sqlite: Measured, redis: Measured | "" | undefined): Figure {
  const { perSecond, p50Ms, p99Ms, leastShare } = sqlite;
  const shares = writers === 1 ? "" : `, least share ${(leastShare * 100).toFixed(0)} %`;
  const times = `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms${shares}`;
  return {
    name: `reports appended, SQLite, ${writers} writing ${writers === 1 ? "process" : "processes"}`,
    value: perSecond,
    unit: "reports/s",
    note: `synced, batches of 500 from 8 callers each, ${times}`,
    ...(redis && { beside: { [`Redis (p99 ${redis.p99Ms.toFixed(1)} ms)`]: redis.perSecond } }),
    ...(writers === 1 && { goal: atLeast(perSecond, GOAL_PER_SECOND, "600,000 reports/s") }),
  };
}

async function measure(url: string, writers: number, context: BenchContext): Promise<Measured> {
  const seconds = context.isQuick ? 1 : 5;
  const names = Array.from({ length: writers }, (_, index) => String(index));
  const running = await Promise.all(names.map((name) => startWriter(url, name, seconds)));
  for (const { go } of running) go();
  const answers = await Promise.all(running.map(({ answer }) => answer));
  const rates = answers.map(({ reports, seconds }) => reports / seconds);
  const perSecond = rates.reduce((sum, rate) => sum + rate, 0);
  const scheme = url.slice(0, url.indexOf(":"));
  context.progress(`${scheme}, ${writers} writers: ${Math.round(perSecond)} reports/s`);
  return {
    perSecond,
    p50Ms: Math.max(...answers.map(({ p50Ms }) => p50Ms)),
    p99Ms: Math.max(...answers.map(({ p99Ms }) => p99Ms)),
    leastShare: (Math.min(...rates) * writers) / perSecond,
  };
}

/** A writer that is open and waits for `go`. */
async function startWriter(
  url: string,
  name: string,
  seconds: number,
): Promise<{ go: () => void; answer: Promise<WriterAnswer> }> {
  const script = new URL("stream-writer.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, url, name, String(seconds)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(`stream: writer ${name} ended early`);
    return line.value;
  };
  await next();
  return {
    go: () => child.stdin.write("go\n"),
    answer: next().then((line): WriterAnswer => JSON.parse(line)),
  };
}
