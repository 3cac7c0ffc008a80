// Takes batches: opens, checks, builds, appends, and answers once the append is durable.

import type { IncomingHttpHeaders } from "node:http";
import type { IngestAnswer } from "@drover/core/model/ingest";
import type { Principal } from "@drover/core/service/auth";
import type { Clock } from "@drover/core/service/clock";
import { badRequest, forbidden } from "@drover/core/service/problem";
import type { StreamLog } from "@drover/core/stream/log";
import { createAppend } from "./append.ts";
import type { Append } from "./append.ts";
import { createBatchBuilder } from "./batch.ts";
import type { BuiltBatch } from "./batch.ts";
import { eachLine, openBody, tooManyLines } from "./body.ts";
import type { EdgeNotes } from "./edge-notes.ts";
import type { Events } from "./events.ts";
import { readSender } from "./headers.ts";
import type { Sender } from "./headers.ts";
import { createJumpGuard } from "./plausibility.ts";
import { createReadmission } from "./readmit.ts";
import type { ReadmitAnswer, ReadmitRequest } from "./readmit.ts";

export interface IngestConfig {
  readonly unknownFields: "refuse" | "ignore";
  readonly retentionDays: number;
  readonly clockAheadMs: number;
  readonly batchBytesMax: number;
  readonly linesMax: number;
  readonly appendTimeoutMs: number;
  readonly jumpAssetsMax: number;
}

export interface IngestDeps {
  readonly stream: Pick<StreamLog, "append" | "partitions" | "quarantinePartition">;
  readonly clock: Clock;
  readonly events: Events;
  /** Told of every edge that is heard of; absent: nobody asks. */
  readonly edges?: Pick<EdgeNotes, "heard" | "stored">;
}

export interface IngestRequest {
  readonly principal: Principal;
  readonly headers: IncomingHttpHeaders;
  /** As it arrived. */
  readonly body: Buffer;
  /** Answer as if it had been stored, and store nothing. */
  readonly isDryRun: boolean;
  /** Told how many bytes the body came to. */
  onOpened?(sizeBytes: number): void;
}

export interface Ingest extends Disposable {
  /** @throws Problem: 400 head or body, 403 another's edge, 409 gaps, 413 limits, 415, 503. */
  take(request: IngestRequest): Promise<IngestAnswer>;
  /** Lets quarantined lines in, each at most once. */
  readmit(request: ReadmitRequest): Promise<ReadmitAnswer>;
}

const dayMs = 86_400_000;
const nothing: IngestAnswer = { accepted: 0, duplicates: 0, quarantined: [] };

export function createIngest(config: IngestConfig, deps: IngestDeps): Ingest {
  const { stream, clock, events } = deps;
  const limits = {
    unknownFields: config.unknownFields,
    clockAheadMs: config.clockAheadMs,
    retentionMs: config.retentionDays * dayMs,
  };
  const { partitions, quarantinePartition } = stream;
  const builder = createBatchBuilder(
    { ...limits, partitions, quarantinePartition },
    { guard: createJumpGuard({ assetsMax: config.jumpAssetsMax }) },
  );
  const log = createAppend({ timeoutMs: config.appendTimeoutMs }, deps);

  async function store(
    built: BuiltBatch,
    sender: Sender,
    receivedAt: number,
  ): Promise<IngestAnswer> {
    const startedMs = clock.monotonicMs();
    const { batch, unnumbered, reports, repeated, suspects, notes } = built;
    const { accepted, through } = await appendBoth(log, batch, unnumbered);
    const duplicates = reports - accepted + repeated;
    const appendMs = clock.monotonicMs() - startedMs;
    events.batchStored({ accepted, duplicates, suspects, notes, appendMs });
    const answer = { accepted, duplicates, quarantined: [...notes] };
    if (sender.producer === undefined) return answer;
    deps.edges?.stored(sender.producer, receivedAt, through);
    return { ...answer, through };
  }

  return {
    async take(request) {
      const sender = readSender(request.headers);
      checkBinding(request.principal, sender);
      events.bodyArrived(request.body.length);
      const encoding = request.headers["content-encoding"];
      const body = await openBody(request.body, encoding, config.batchBytesMax);
      request.onOpened?.(body.length);
      const receivedAt = clock.now();
      if (sender.producer !== undefined && !request.isDryRun) {
        deps.edges?.heard(sender.producer, receivedAt, sender.link);
        // A greeting: nothing to number, and so nothing for the stream to note.
        if (body.length === 0 && sender.link !== undefined) return nothing;
      }
      // From here to the append nothing waits: the builder is shared by all requests.
      const { isDryRun } = request;
      builder.begin({ sender, receivedAt, isDryRun });
      if (isJson(request.headers["content-type"])) {
        const values = readJson(body, config.linesMax);
        for (const [index, value] of values.entries()) builder.value(value, index + 1);
      } else {
        eachLine(body, config.linesMax, builder);
      }
      const built = builder.finish();
      if (!isDryRun) return store(built, sender, receivedAt);
      const { reports: accepted, repeated: duplicates, notes } = built;
      return { accepted, duplicates, quarantined: [...notes], dryRun: true };
    },

    readmit: createReadmission({ ...limits, partitions }, { clock, log, events }),
    [Symbol.dispose]: () => log[Symbol.dispose](),
  };
}

/** Both or neither is answered for; sending again after a failure of one repeats nothing. */
async function appendBoth(
  log: Append,
  batch: BuiltBatch["batch"],
  unnumbered: BuiltBatch["unnumbered"],
): Promise<{ accepted: number; through: number }> {
  if (unnumbered === undefined) return log.append(batch);
  const [result] = await Promise.all([log.append(batch), log.append(unnumbered)]);
  return result;
}

function checkBinding(principal: Principal, sender: Sender): void {
  const { edge } = principal;
  if (edge === undefined || sender.producer?.edge === edge) return;
  throw forbidden(
    sender.producer === undefined
      ? `the token is bound to ${edge}; send drover-edge: ${edge}`
      : `the token is bound to ${edge} and may not send as ${sender.producer.edge}`,
  );
}

function isJson(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/json\b/i.test(contentType);
}

/** One report or an array of them, from devices that know no NDJSON. */
function readJson(body: Buffer, linesMax: number): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    const detail = error instanceof Error ? error.message : "not JSON";
    throw badRequest(`body: not JSON: ${detail.slice(0, 300)}`);
  }
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (values.length > linesMax) throw tooManyLines(linesMax);
  return values;
}
