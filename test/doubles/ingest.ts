// Stands in for a region's ingest: the contract of `core/model/ingest.ts`, kept in memory, with the
// faults of a real one on demand. It refuses what the real one refuses, recognises a repetition by its
// number alone, and takes the first content it sees as the truth.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { parseLine } from "@drover/core/model/codec";
import {
  epochForgotten,
  ingestHeaders,
  ingestPath,
  Lane,
  ndjson,
  Producer,
  type IngestAnswer,
  type QuarantineNote,
} from "@drover/core/model/ingest";
import type { Report } from "@drover/core/model/report";
import { problemTypeOf } from "@drover/core/service/problem";

/** What the next request meets. `commit-…` stores before it fails. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly retryAfterS?: number }
  | { readonly kind: "silence" }
  | { readonly kind: "commit-then-silence" }
  | { readonly kind: "commit-then-cut" }
  | { readonly kind: "cut" }
  | { readonly kind: "wrong-count" };

export interface Arrival {
  readonly lane: Lane;
  readonly edge: string;
  readonly epoch: number;
  readonly seqs: readonly number[];
  readonly gaps: readonly { readonly first: number; readonly last: number; reason: string }[];
  readonly bytes: number;
  readonly encoding: string;
}

export interface IngestDouble extends AsyncDisposable {
  readonly url: string;
  /** Every report that was stored, once: `edge/epoch/seq` → report. */
  readonly stored: ReadonlyMap<string, Report>;
  readonly gaps: ReadonlySet<string>;
  /** Requests that were stored, in order. */
  readonly arrivals: readonly Arrival[];
  /** What edges said of themselves, in order. */
  readonly links: readonly string[];
  /** Requests of any outcome. */
  requests(): number;
  duplicates(): number;
  /** Decides for each request what it meets; undefined for nothing. */
  behave(decide: (arrival: Arrival) => Fault | undefined): void;
  /** Refuses connections until `restart`; the port stays the same. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Resolves when `isTrue` holds; it is asked after each request. */
  until(isTrue: () => boolean): Promise<void>;
}

export interface IngestDoubleConfig {
  readonly token?: string;
  /** Bodies with more lines get 413. */
  readonly linesMax?: number;
  readonly bodyBytesMax?: number;
  /** Epochs of an edge that are known; the oldest goes for a new one and is refused from then on. */
  readonly epochsMax?: number;
}

export async function createIngestDouble(config: IngestDoubleConfig = {}): Promise<IngestDouble> {
  const stored = new Map<string, Report>();
  const seen = new Set<string>();
  const gaps = new Set<string>();
  const arrivals: Arrival[] = [];
  const links: string[] = [];
  const waiters = new Set<() => void>();
  let decide: (arrival: Arrival) => Fault | undefined = () => undefined;
  /** Known epochs of each edge, and the oldest that is still taken. */
  const known = new Map<string, { readonly epochs: Set<number>; floor: number }>();
  let requests = 0;
  let duplicates = 0;
  let server = createServer(onRequest);
  const port = await listen(server, 0);

  function commit(arrival: Arrival, reports: readonly [number, Report][]): IngestAnswer {
    let accepted = 0;
    let repeated = 0;
    const base = `${arrival.edge}/${arrival.epoch}`;
    for (const [seq, report] of reports) {
      const key = `${base}/${seq}`;
      if (seen.has(key)) {
        repeated += 1;
        continue;
      }
      seen.add(key);
      stored.set(key, report);
      accepted += 1;
    }
    for (const { first, last } of arrival.gaps) {
      for (let seq = first; seq <= last; seq++) {
        if (!seen.has(`${base}/${seq}`)) gaps.add(`${base}/${seq}`);
        seen.add(`${base}/${seq}`);
      }
    }
    duplicates += repeated;
    arrivals.push(arrival);
    let through = 0;
    while (seen.has(`${base}/${through + 1}`)) through += 1;
    return { accepted, duplicates: repeated, quarantined: [], through };
  }

  function isForgotten({ edge, epoch }: Arrival): boolean {
    const { epochsMax = Infinity } = config;
    const mine = known.get(edge) ?? { epochs: new Set<number>(), floor: 0 };
    known.set(edge, mine);
    if (mine.epochs.has(epoch)) return false;
    const oldest = Math.min(...mine.epochs);
    const isFull = mine.epochs.size >= epochsMax;
    if (epoch < mine.floor || (isFull && epoch < oldest)) return true;
    if (isFull) {
      mine.epochs.delete(oldest);
      mine.floor = oldest + 1;
    }
    mine.epochs.add(epoch);
    return false;
  }

  function onRequest(request: IncomingMessage, response: ServerResponse): void {
    void handle(request, response).finally(() => {
      for (const wake of waiters) wake();
    });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    } catch {
      return;
    }
    requests += 1;
    const refused = refusalOf(request, config);
    if (refused !== undefined) return answerWith(response, refused, "refused");
    const link = request.headers[ingestHeaders.link];
    if (typeof link === "string") links.push(link);
    const read = readBody(request, Buffer.concat(chunks));
    if (read === undefined) return answerWith(response, 400, "not a batch");
    const { arrival, reports, notes } = read;
    const lines = reports.length + notes.length + arrival.gaps.length;
    if (lines > (config.linesMax ?? Infinity)) return answerWith(response, 413, "too many lines");
    if (arrival.bytes > (config.bodyBytesMax ?? Infinity)) return answerWith(response, 413, "body");
    if (isForgotten(arrival)) return answerWith(response, 409, forgottenProblem);
    const fault = decide(arrival);
    switch (fault?.kind) {
      case undefined: {
        const answer = { ...commit(arrival, reports), quarantined: notes };
        return answerWith(response, 200, answer);
      }
      case "wrong-count": {
        const answer = commit(arrival, reports);
        return answerWith(response, 200, { ...answer, accepted: answer.accepted + 1 });
      }
      case "status":
        if (fault.retryAfterS !== undefined) {
          response.setHeader("retry-after", String(fault.retryAfterS));
        }
        return answerWith(response, fault.status, "as asked");
      case "silence":
        return;
      case "commit-then-silence":
        commit(arrival, reports);
        return;
      case "commit-then-cut":
        commit(arrival, reports);
        request.socket.destroy();
        return;
      case "cut":
        request.socket.destroy();
    }
  }

  async function stop(): Promise<void> {
    server.closeAllConnections();
    if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  return {
    url: `http://127.0.0.1:${port}`,
    stored,
    gaps,
    arrivals,
    links,
    requests: () => requests,
    duplicates: () => duplicates,
    behave: (next) => void (decide = next),
    stop,
    async restart() {
      server = createServer(onRequest);
      await listen(server, port);
    },
    until(isTrue) {
      if (isTrue()) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          if (!isTrue()) return;
          waiters.delete(wake);
          resolve();
        };
        waiters.add(wake);
      });
    },
    [Symbol.asyncDispose]: stop,
  };
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      if (typeof address === "object" && address !== null) resolve(address.port);
    });
  });
}

const forgottenProblem = { type: problemTypeOf(epochForgotten), title: "Forgotten", status: 409 };

function answerWith(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json" });
  response.end(typeof body === "string" ? JSON.stringify({ detail: body }) : JSON.stringify(body));
}

function refusalOf(request: IncomingMessage, config: IngestDoubleConfig): number | undefined {
  if (request.url !== ingestPath) return 404;
  if (request.method !== "POST") return 405;
  const { authorization } = request.headers;
  if (config.token !== undefined && authorization !== `Bearer ${config.token}`) return 401;
  return request.headers["content-type"] === ndjson ? undefined : 415;
}

function readBody(
  request: IncomingMessage,
  raw: Buffer,
): { arrival: Arrival; reports: [number, Report][]; notes: QuarantineNote[] } | undefined {
  const { headers } = request;
  const producer = Producer.safeParse({
    edge: headers[ingestHeaders.edge],
    epoch: Number(headers[ingestHeaders.epoch]),
  });
  const lane = Lane.safeParse(headers[ingestHeaders.lane]);
  const sentAt = Number(headers[ingestHeaders.sentAt]);
  if (!producer.success || !lane.success || !Number.isSafeInteger(sentAt)) return undefined;
  const encoding = headers["content-encoding"] ?? "";
  const body = decode(raw, encoding);
  const first = headers[ingestHeaders.firstSeq];
  const gaps: { first: number; last: number; reason: string }[] = [];
  const reports: [number, Report][] = [];
  const notes: QuarantineNote[] = [];
  let implied = first === undefined ? undefined : Number(first);
  for (const [index, line] of body.toString("utf8").split("\n").entries()) {
    if (line === "") continue;
    const parsed = parseLine(line);
    if (parsed.kind === "gap") {
      gaps.push(parsed.gap);
      continue;
    }
    const seq = parsed.seq ?? implied;
    if (seq === undefined) return undefined;
    if (implied !== undefined) implied += 1;
    if (parsed.kind === "fault") {
      notes.push({ seq, line: index + 1, ...parsed.fault });
      continue;
    }
    const { seq: _, ...report } = parsed.report as Report & { seq?: number };
    reports.push([seq, report]);
  }
  const seqs = reports.map(([seq]) => seq);
  const facts = { lane: lane.data, ...producer.data, bytes: body.length, encoding };
  return { arrival: { ...facts, seqs, gaps }, reports, notes };
}

function decode(raw: Buffer, encoding: string): Buffer {
  if (encoding === "gzip") return gunzipSync(raw);
  return encoding === "zstd" ? zstdDecompressSync(raw) : raw;
}
