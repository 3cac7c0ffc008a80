// The generator of the journey, a process of its own: `journey-sender.ts <JSON of SenderOptions>`.
// Sends batches through the edge's own sender, each again until it is acknowledged, for as long as
// it is told to, and says how many reports that were.

import { createSender } from "@drover/core/uplink/sender";
import { systemClock } from "@drover/core/service/clock";
import { createCircles, createLines, intervalMsDefault, type Lines } from "./aircraft.ts";

export interface SenderOptions {
  readonly urls: readonly string[];
  readonly token: string;
  readonly edge: string;
  /** Requests in flight, over all addresses. */
  readonly lanes: number;
  readonly batch: number;
  readonly aircraft: number;
  readonly rounds: number;
  readonly startAt: number;
}

/** What it is told, by IPC. */
export interface SendOrder {
  readonly seconds: number;
}

export interface SendAnswer {
  /** Reports acknowledged since it was told. */
  readonly reports: number;
  /** Requests that were made again. */
  readonly repeats: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const options: SenderOptions = JSON.parse(process.argv[2] ?? "{}");
const senders = options.urls.map((url) =>
  createSender(
    {
      url,
      token: options.token,
      compression: "none",
      timeoutMs: 30_000,
      connections: options.lanes,
    },
    { clock: systemClock },
  ),
);
/** Each lane has bodies of its own, so that none is changed while it is being sent. */
const lanes = deal(makeBodies(), options.lanes);
const turns = lanes.map(() => 0);
let nextSeq = 1;

function makeBodies(): readonly Lines[] {
  const reports = createCircles(options);
  const bodies: Lines[] = [];
  for (let from = 0; from < reports.length; from += options.batch) {
    bodies.push(createLines(reports.slice(from, from + options.batch)));
  }
  return bodies;
}

function deal(bodies: readonly Lines[], hands: number): readonly (readonly Lines[])[] {
  return Array.from({ length: hands }, (_, hand) =>
    bodies.filter((_, index) => index % hands === hand),
  );
}

async function send(lane: number): Promise<{ reports: number; repeats: number }> {
  const bodies = lanes[lane] ?? [];
  const turn = turns[lane] ?? 0;
  turns[lane] = turn + 1;
  const lines = bodies[turn % bodies.length];
  const sender = senders[lane % senders.length];
  if (lines === undefined || sender === undefined) throw new Error("sender: nothing to send");
  lines.moveTo(Math.floor(turn / bodies.length) * options.rounds * intervalMsDefault);
  const firstSeq = nextSeq;
  nextSeq += lines.reports;
  const { edge } = options;
  for (let repeats = 0; ; repeats++) {
    const batch = { edge, epoch: 1, lane: "live", firstSeq, reports: lines.reports } as const;
    const result = await sender.sendBatch(lines.body, batch);
    if (result.kind === "acknowledged") {
      const { accepted, duplicates, quarantined } = result.answer;
      const isWhole = accepted + (repeats > 0 ? duplicates : 0) === lines.reports;
      if (!isWhole) throw new Error(`sender: ${accepted} taken, ${quarantined.length} set aside`);
      return { reports: lines.reports, repeats };
    }
    if (result.kind !== "busy" && result.kind !== "unanswered") {
      throw new Error(`sender: ${JSON.stringify(result)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function sendFor({ seconds }: SendOrder): Promise<SendAnswer> {
  const startedMs = performance.now();
  const cpu = process.cpuUsage();
  let [reports, repeats] = [0, 0];
  await Promise.all(
    lanes.map(async (_, lane) => {
      while (performance.now() - startedMs < seconds * 1_000) {
        const sent = await send(lane);
        reports += sent.reports;
        repeats += sent.repeats;
      }
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const tookSeconds = (performance.now() - startedMs) / 1_000;
  return { reports, repeats, seconds: tookSeconds, cpuSeconds: (user + system) / 1e6 };
}

process.on("message", (order: SendOrder) => {
  void sendFor(order).then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
