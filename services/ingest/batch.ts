// From lines to what the stream appends: each good report becomes one row in its partition's slice,
// each other line an entry in the quarantine's. Built without waiting for anything, so one builder
// with its buffers serves the whole process. Hot path.

import { parseLine, parseValue } from "@drover/core/model/codec";
import type { Fault, LinePolicy, ParsedLine } from "@drover/core/model/codec";
import type { Gap, QuarantineNote } from "@drover/core/model/ingest";
import type { Report } from "@drover/core/model/report";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import type { RowEncoder } from "@drover/core/model/row-encoder";
import { createLineScanner } from "@drover/core/model/scan";
import { badRequest } from "@drover/core/service/problem";
import type { AppendBatch, Identity, Slice } from "@drover/core/stream/log";
import { partitionOf } from "@drover/core/stream/partition";
import type { LineSink } from "./body.ts";
import { clockFault } from "./clock-fault.ts";
import type { ClockLimits } from "./clock-fault.ts";
import { keyOfReport, keyOfText } from "./content-key.ts";
import type { Sender } from "./headers.ts";
import type { JumpGuard } from "./plausibility.ts";
import { encodeRefusal } from "./quarantine.ts";

export interface BatchConfig extends LinePolicy, ClockLimits {
  readonly partitions: number;
  readonly quarantinePartition: number;
}

export interface BatchHead {
  readonly sender: Sender;
  /** Ingest clock, epoch ms. */
  readonly receivedAt: number;
  /** Nothing is remembered of a dry run. */
  readonly isDryRun: boolean;
}

export interface BuiltBatch {
  readonly batch: AppendBatch;
  /** Refused lines of a numbered sender whose own number could not be read; no more than kept. */
  readonly unnumbered: AppendBatch | undefined;
  /** Good rows in `batch`. */
  readonly reports: number;
  /** Lines left out because one before them has the same number or content. */
  readonly repeated: number;
  readonly suspects: number;
  readonly notes: readonly QuarantineNote[];
}

/** Takes lines between `begin` and `finish`; `begin` forgets whatever was left unfinished. */
export interface BatchBuilder extends LineSink {
  begin(head: BatchHead): void;
  /** A report that is parsed JSON already. */
  value(value: unknown, line: number): void;
  finish(): BuiltBatch;
}

/** Rows of one partition while they gather. */
interface Gathering {
  readonly encoder: RowEncoder;
  ends: number[];
  seqs: number[];
  keys: string[];
  ats: number[];
}

const startBytes = 16_384;

export function createBatchBuilder(config: BatchConfig, deps: { guard: JumpGuard }): BatchBuilder {
  return new Builder(config, deps.guard);
}

class Builder implements BatchBuilder {
  readonly #config: BatchConfig;
  readonly #guard: JumpGuard;
  readonly #gatherings: readonly Gathering[];
  readonly #scanner = createLineScanner();
  #head: BatchHead | undefined;
  /** Lines that count for `firstSeq`: all but gaps. */
  #counted = 0;
  #seqMax = 0;
  #seen: Set<number | string> | undefined;
  #gaps: Gap[] = [];
  #notes: QuarantineNote[] = [];
  #refused: RefusedLines = createRefusedLines();
  #unnumbered: RefusedLines = createRefusedLines();
  #repeated = 0;
  #suspects = 0;
  /** Written anew for each row; the encoder copies from it. */
  readonly #stamp = { edge: "", epoch: 0, seq: 0, sentAt: 0, receivedAt: 0, suspect: false };

  constructor(config: BatchConfig, guard: JumpGuard) {
    this.#config = config;
    this.#guard = guard;
    this.#gatherings = Array.from({ length: config.partitions }, () => ({
      encoder: createRowEncoder(startBytes),
      ends: [],
      seqs: [],
      keys: [],
      ats: [],
    }));
  }

  begin(head: BatchHead): void {
    for (const gathering of this.#gatherings) clear(gathering);
    this.#head = head;
    this.#counted = 0;
    this.#seqMax = 0;
    this.#seen = undefined;
    this.#gaps = [];
    this.#notes = [];
    this.#refused = createRefusedLines();
    this.#unnumbered = createRefusedLines();
    this.#repeated = 0;
    this.#suspects = 0;
    const { sender, receivedAt } = head;
    this.#stamp.edge = sender.producer?.edge ?? "";
    this.#stamp.epoch = sender.producer?.epoch ?? 0;
    this.#stamp.sentAt = sender.sentAt ?? receivedAt;
    this.#stamp.receivedAt = receivedAt;
  }

  scan(body: Uint8Array, start: number, line: number): number {
    const { sender, isDryRun } = this.#head ?? neverBegun();
    // Content keys are made of the report itself.
    if (sender.producer === undefined) return -1;
    const scanner = this.#scanner;
    const end = scanner.scan(body, start);
    const { clockAheadMs, retentionMs } = this.#config;
    const stamp = this.#stamp;
    const aheadMs = scanner.at - stamp.receivedAt;
    if (end === -1 || aheadMs > clockAheadMs || -aheadMs > retentionMs) return -1;
    const gathering = this.#gatherings[scanner.partitionHash % this.#config.partitions];
    if (gathering === undefined) return -1;
    const seq = this.#seqOf(scanner.seq === 0 ? undefined : scanner.seq);
    if (seq === 0) throw noNumber(line);
    if (this.#isSeqRepeated(seq)) return end;
    stamp.seq = seq;
    stamp.suspect = isDryRun ? false : this.#guard.isScannedSuspect(scanner);
    if (stamp.suspect) this.#suspects++;
    gathering.ends.push(gathering.encoder.encodeScanned(scanner, stamp));
    gathering.seqs.push(seq);
    return end;
  }

  text(text: string, line: number): void {
    this.#take(parseLine(text, this.#config), text, line);
  }

  value(value: unknown, line: number): void {
    this.#take(parseValue(value, this.#config), value, line);
  }

  notUtf8(text: string, line: number): void {
    const fault: Fault = { reason: "bad-json", detail: "line: its bytes are not UTF-8" };
    this.#refuse(fault, undefined, { text, line });
  }

  #take(parsed: ParsedLine, from: unknown, line: number): void {
    switch (parsed.kind) {
      case "report": {
        const fault = clockFault(parsed.report.at, this.#stamp.receivedAt, this.#config);
        if (fault === undefined) this.#admit(parsed.report, parsed.seq, line);
        else this.#refuse(fault, parsed.seq, { text: from, line });
        return;
      }
      case "fault":
        this.#refuse(parsed.fault, parsed.seq, { text: from, line });
        return;
      case "gap":
        if (this.#head?.sender.producer === undefined) {
          const detail = "gap: means nothing without drover-edge";
          this.#refuse({ reason: "bad-value", detail }, undefined, { text: from, line });
        } else {
          this.#gaps.push(parsed.gap);
        }
    }
  }

  #admit(report: Report, given: number | undefined, line: number): void {
    const stamp = this.#stamp;
    const gathering = this.#gatherings[partitionOf(report.asset, this.#config.partitions)];
    if (gathering === undefined) throw new RangeError(`no partition for ${report.asset}`);
    if (this.#head?.sender.producer === undefined) {
      const { key, seq } = keyOfReport(report);
      if (this.#isRepeated(key)) return;
      stamp.seq = seq;
      gathering.keys.push(key);
      gathering.ats.push(report.at);
    } else {
      const seq = this.#seqOf(given);
      if (seq === 0) {
        throw noNumber(line);
      }
      if (this.#isSeqRepeated(seq)) return;
      stamp.seq = seq;
    }
    stamp.suspect = this.#head?.isDryRun === true ? false : this.#guard.isSuspect(report);
    if (stamp.suspect) this.#suspects++;
    gathering.ends.push(gathering.encoder.encode(report, stamp));
    gathering.seqs.push(stamp.seq);
  }

  /** The line's own number, or its place after `firstSeq`; 0 when it has neither. */
  #seqOf(given: number | undefined): number {
    const place = this.#counted++;
    if (given !== undefined) return given;
    const first = this.#head?.sender.firstSeq;
    if (first === undefined) return 0;
    if (first + place > Number.MAX_SAFE_INTEGER) {
      throw badRequest(`drover-first-seq: ${first} and ${place} lines go beyond 2^53-1`);
    }
    return first + place;
  }

  /** First wins. Senders count upwards, so a set is made only for one that does not. */
  #isSeqRepeated(seq: number): boolean {
    if (seq > this.#seqMax) {
      this.#seqMax = seq;
      this.#seen?.add(seq);
      return false;
    }
    if (this.#seen === undefined) {
      const all = this.#gatherings.flatMap((gathering) => gathering.seqs);
      this.#seen = new Set([...all, ...this.#refused.seqs]);
    }
    return this.#isRepeated(seq);
  }

  #isRepeated(name: number | string): boolean {
    this.#seen ??= new Set();
    if (this.#seen.has(name)) {
      this.#repeated++;
      return true;
    }
    this.#seen.add(name);
    return false;
  }

  #refuse(fault: Fault, given: number | undefined, from: { text: unknown; line: number }): void {
    const text = typeof from.text === "string" ? from.text : JSON.stringify(from.text);
    const producer = this.#head?.sender.producer;
    const number = producer === undefined ? 0 : this.#seqOf(given);
    const { reason, detail } = fault;
    const note = { line: from.line, reason, detail: detail.slice(0, 300).toWellFormed() };
    const { receivedAt } = this.#stamp;
    if (number === 0) {
      const { key, seq } = keyOfText(text);
      if (this.#isRepeated(key)) return;
      this.#notes.push(note);
      const into = producer === undefined ? this.#refused : this.#unnumbered;
      addRefused(into, encodeRefusal({ producer, seq, key, note, receivedAt, text }), seq);
      into.keys.push(key);
      into.ats.push(receivedAt);
      return;
    }
    if (this.#isSeqRepeated(number)) return;
    const numbered = { seq: number, ...note };
    this.#notes.push(numbered);
    const refusal = { producer, seq: number, key: undefined, note: numbered, receivedAt, text };
    addRefused(this.#refused, encodeRefusal(refusal), number);
  }

  finish(): BuiltBatch {
    const head = this.#head;
    if (head === undefined) throw new Error("batch: finish without begin");
    const { producer, lane } = head.sender;
    const identity: Identity =
      producer === undefined ? { kind: "key" } : { kind: "seq", ...producer };
    const { slices, reports } = this.#rowSlices(identity);
    const quarantinePartition = this.#config.quarantinePartition;
    const refused = sliceOf(this.#refused, quarantinePartition, identity);
    if (refused !== undefined) slices.push(refused);
    const keyed: Identity = { kind: "key" };
    const unnumbered = sliceOf(this.#unnumbered, quarantinePartition, keyed);
    this.#head = undefined;
    return {
      batch: { identity, lane, slices, gaps: this.#gaps },
      unnumbered: unnumbered && { identity: keyed, lane, slices: [unnumbered] },
      reports,
      repeated: this.#repeated,
      suspects: this.#suspects,
      notes: this.#notes,
    };
  }

  /** The rows, copied out of the encoders: they are used again while the stream still writes. */
  #rowSlices(identity: Identity): { slices: Slice[]; reports: number } {
    let sizeBytes = 0;
    for (const { ends } of this.#gatherings) sizeBytes += ends.at(-1) ?? 0;
    const arena = new Uint8Array(sizeBytes);
    const slices: Slice[] = [];
    let reports = 0;
    let start = 0;
    for (const [partition, gathering] of this.#gatherings.entries()) {
      const { encoder, ends, seqs, keys, ats } = gathering;
      const end = start + (ends.at(-1) ?? 0);
      if (end === start) continue;
      arena.set(encoder.bytes(), start);
      const bytes = arena.subarray(start, end);
      const names = identity.kind === "key" ? { keys, ats } : {};
      slices.push({ partition, kind: "rows", bytes, ends, seqs, ...names });
      reports += ends.length;
      start = end;
    }
    return { slices, reports };
  }
}

function neverBegun(): never {
  throw new Error("batch: a line before begin");
}

const noNumber = (line: number) =>
  badRequest(`line ${line}: it has no "seq" and the request no drover-first-seq`);

function clear(gathering: Gathering): void {
  if (gathering.ends.length === 0 && gathering.keys.length === 0) return;
  gathering.encoder.reset();
  // New arrays: the old ones went with the batch.
  gathering.ends = [];
  gathering.seqs = [];
  gathering.keys = [];
  gathering.ats = [];
}

/** Entries for the quarantine while they gather. */
interface RefusedLines {
  readonly entries: Buffer[];
  readonly ends: number[];
  readonly seqs: number[];
  readonly keys: string[];
  readonly ats: number[];
}

const createRefusedLines = (): RefusedLines => ({
  entries: [],
  ends: [],
  seqs: [],
  keys: [],
  ats: [],
});

function addRefused(into: RefusedLines, entry: Buffer, seq: number): void {
  into.ends.push((into.ends.at(-1) ?? 0) + entry.length);
  into.entries.push(entry);
  into.seqs.push(seq);
}

function sliceOf(lines: RefusedLines, partition: number, identity: Identity): Slice | undefined {
  const { entries, ends, seqs, keys, ats } = lines;
  if (entries.length === 0) return undefined;
  const names = identity.kind === "key" ? { keys, ats } : {};
  return { partition, kind: "quarantine", bytes: Buffer.concat(entries), ends, seqs, ...names };
}
