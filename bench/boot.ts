// How long `drover up` takes to be ready on an empty folder, what the whole demo weighs, and what an
// edge alone weighs.

import { readdirSync, readFileSync } from "node:fs";
import { boot, type Drover } from "../test/boot.ts";
import { atMost, percentile, type Bench, type BenchContext, type Outcome } from "./figure.ts";

const megabyte = 1024 * 1024;

export const bootBench: Bench = {
  name: "boot",
  async run(context) {
    return [...(await readyTime(context)), ...(await weight(context))];
  },
};

async function readyTime({ progress, isQuick }: BenchContext): Promise<readonly Outcome[]> {
  const seconds: number[] = [];
  for (let turn = 0; turn < (isQuick ? 1 : 5); turn++) {
    const startedAt = performance.now();
    await using _drover = await boot();
    seconds.push((performance.now() - startedAt) / 1000);
    progress(`ready after ${seconds.at(-1)?.toFixed(2)} s`);
  }
  const median = percentile(seconds, 50);
  return [
    {
      name: "drover up ready, demo on an empty folder",
      value: median,
      unit: "s",
      goal: atMost(median, 10, "< 10 s"),
      note: `median of ${seconds.length}, until every process is ready and the first token is made`,
    },
  ];
}

async function weight({ progress, isQuick }: BenchContext): Promise<readonly Outcome[]> {
  await using drover = await boot();
  const settleMs = isQuick ? 5_000 : 60_000;
  progress(`letting the demo run for ${settleMs / 1000} s`);
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  const { pss, byName } = await weigh(drover);
  progress(`weights in MB: ${byName}`);
  const edge = await heaviestEdge(drover);
  return [
    {
      name: "memory of the whole demo, PSS",
      value: pss / megabyte,
      unit: "MB",
      goal: atMost(pss / megabyte, 1_300, "< 1,300 MB"),
      note: byName,
    },
    {
      name: "memory of an edge, RSS",
      value: edge / megabyte,
      unit: "MB",
      goal: atMost(edge / megabyte, 120, "< 120 MB"),
      note: "the heavier edge of the demo",
    },
  ];
}

async function weigh(drover: Drover): Promise<{ pss: number; byName: string }> {
  const { pid, processes } = await drover.state();
  let pss = memoryOf(pid, "Pss");
  const parts = [`supervisor ${Math.round(pss / megabyte)}`];
  for (const { instance, pid: child } of processes) {
    if (child === undefined) continue;
    const bytes = treeOf(child).reduce((sum, one) => sum + memoryOf(one, "Pss"), 0);
    pss += bytes;
    parts.push(`${instance} ${Math.round(bytes / megabyte)}`);
  }
  return { pss, byName: parts.join(", ") };
}

async function heaviestEdge(drover: Drover): Promise<number> {
  const { processes } = await drover.state();
  const edges = processes.filter(({ role }) => role === "edge");
  return Math.max(...edges.map(({ pid }) => (pid === undefined ? 0 : memoryOf(pid, "Rss"))));
}

/** Bytes of `Pss` or `Rss` of a process (Linux, proc(5) smaps_rollup). */
function memoryOf(pid: number, what: "Pss" | "Rss"): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const found = new RegExp(`^${what}:\\s+(\\d+) kB`, "m").exec(text);
  return Number(found?.[1] ?? 0) * 1024;
}

/** A process and all its children. */
function treeOf(root: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // The name in brackets may hold anything; the parent is the second field after it.
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // It ended between the two looks.
    }
  }
  const tree = [root];
  for (let index = 0; index < tree.length; index++) {
    for (const [pid, parent] of parents) if (parent === tree[index]) tree.push(pid);
  }
  return tree;
}
