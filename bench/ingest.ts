// Ingest alone on one core, beside a bare server that only parses and counts, fed alike.
//
// Each server is a process of its own, pinned to one core where `taskset` exists; the client sends
// the same ready-made batches of 500 aircraft-shaped reports to each in turn, several at a time.
// Rounds alternate and the median ratio counts, because machines drift.

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Agent, request } from "undici";
import { atLeast, percentile } from "./figure.ts";
import type { Bench, BenchContext, Figure } from "./figure.ts";
import { createAircraftBatch } from "./ingest-batches.ts";
import { scratchFolder } from "./scratch.ts";

export const ingestAlone: Bench = { name: "ingest", run };

const subjects = ["bare", "null append", "sqlite append"] as const;
type Subject = (typeof subjects)[number];

interface Server {
  readonly subject: Subject;
  readonly url: string;
  readonly child: ChildProcess;
  nextSeq: number;
}

interface Round {
  readonly reportsPerSecond: number;
  /** Server's processor time for one report, ns. */
  readonly cpuNs: number;
}

const batchReports = 500;
const inFlight = 4;
/** By count and not by time: on a busy machine the compiler gets there late. */
const warmUpBatches = 1_000;
const taskset = "/usr/bin/taskset";

async function run(context: BenchContext): Promise<readonly Figure[]> {
  const [rounds, roundMs] = context.isQuick ? [1, 500] : [5, 3_000];
  const folder = scratchFolder("ingest");
  const servers = await Promise.all(subjects.map((subject) => start(subject, folder)));
  const agent = new Agent({ connections: inFlight });
  try {
    const measured = new Map<Subject, Round[]>(subjects.map((subject) => [subject, []]));
    for (const server of servers) {
      context.progress(`warming up ${server.subject}`);
      for (let sent = 0; sent < warmUpBatches; sent++) {
        await send(server, agent, batches[sent % batches.length]);
      }
    }
    for (let round = 1; round <= rounds; round++) {
      context.progress(`round ${round} of ${rounds}`);
      for (const server of servers) {
        measured.get(server.subject)?.push(await measure(server, agent, roundMs));
      }
    }
    const bare = measured.get("bare") ?? [];
    return [
      figureOf("null append", measured.get("null append") ?? [], bare),
      figureOf("sqlite append", measured.get("sqlite append") ?? [], bare),
    ];
  } finally {
    await agent.close();
    for (const { child } of servers) child.kill("SIGKILL");
  }
}

function figureOf(subject: Subject, own: readonly Round[], bare: readonly Round[]): Figure {
  const rateOf = (round: Round) => round.reportsPerSecond;
  const ratio = percentile(
    own.map((round, index) => rateOf(round) / rateOf(bare[index] ?? round)),
    50,
  );
  const cpuNs = (rounds: readonly Round[]) => {
    const middle = percentile(
      rounds.map((round) => round.cpuNs),
      50,
    );
    return `${Math.round(middle)} ns`;
  };
  return {
    name: `ingest alone, one core, ${subject}`,
    value: percentile(own.map(rateOf), 50),
    unit: "reports/s",
    beside: { "JSON.parse + count over node:http": percentile(bare.map(rateOf), 50) },
    ...(subject === "null append" && { goal: atLeast(ratio, 0.6, "≥ 0.6 of the bare server") }),
    note:
      `median of the rounds' ratios ${ratio.toFixed(2)}; processor time for a report ` +
      `${cpuNs(own)}, bare ${cpuNs(bare)}; batches of ${batchReports}`,
  };
}

async function start(subject: Subject, folder: string): Promise<Server> {
  const entry = join(import.meta.dirname, "ingest-server.ts");
  const pinned = {
    execPath: taskset,
    execArgv: ["-c", "0", process.execPath],
  };
  const child = fork(entry, [subject, folder], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    ...(existsSync(taskset) ? pinned : {}),
  });
  const [message] = await once(child, "message");
  return { subject, url: String(message), child, nextSeq: 1 };
}

async function cpuUsOf(server: Server): Promise<number> {
  server.child.send("cpu");
  const [used] = await once(server.child, "message");
  return Number(used);
}

const batches = Array.from({ length: 20 }, (_, index) => createAircraftBatch(index, batchReports));

/** Keeps `inFlight` requests going for `ms`. @throws when a batch is not accepted whole. */
async function measure(server: Server, agent: Agent, ms: number): Promise<Round> {
  const startCpuUs = await cpuUsOf(server);
  const startMs = performance.now();
  let reports = 0;
  const sendUntilDone = async (lane: number) => {
    for (let turn = lane; performance.now() - startMs < ms; turn += inFlight) {
      await send(server, agent, batches[turn % batches.length]);
      reports += batchReports;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, lane) => sendUntilDone(lane)));
  const tookMs = performance.now() - startMs;
  const cpuUs = (await cpuUsOf(server)) - startCpuUs;
  return { reportsPerSecond: (reports * 1000) / tookMs, cpuNs: (cpuUs * 1000) / reports };
}

async function send(server: Server, agent: Agent, body: Buffer | undefined): Promise<void> {
  const firstSeq = server.nextSeq;
  server.nextSeq += batchReports;
  const response = await request(`${server.url}/v1/reports`, {
    dispatcher: agent,
    method: "POST",
    headers: {
      authorization: "Bearer bench",
      "content-type": "application/x-ndjson",
      "drover-edge": "bench",
      "drover-epoch": "1",
      "drover-first-seq": String(firstSeq),
    },
    body: body ?? null,
  });
  const text = await response.body.text();
  if (response.statusCode !== 200 || !text.includes(`"accepted":${batchReports},`)) {
    throw new Error(`${server.subject}: ${response.statusCode} ${text.slice(0, 300)}`);
  }
}
