// What one station has measured and nobody has acknowledged. The fleet is a function of time, so a
// measurement is kept as its time alone and made again when it is sent.

import type { Station } from "@drover/core/fleet/station";
import { sampleOf, type PacketAck, type PacketSample } from "@drover/core/model/packet";

export interface Backlog {
  readonly station: Station;
  /** Measures until `nowMs`; more than `samplesMax` drops the oldest (drop-oldest). */
  measure(nowMs: number): void;
  /** The next samples to send, newest first: never sent ones, then those whose answer is overdue. */
  takeDue(nowMs: number, count: number): PacketSample[];
  /** Forgets what the edge has taken, and what it never will. */
  acknowledge(ack: PacketAck): void;
  /** What was sent is due again: the connection that carried it is gone. */
  recall(): void;
  size(): number;
  dropped(): number;
  /** Event time from which a restarted process must measure again. */
  resumeFrom(): number;
}

export interface BacklogConfig {
  readonly station: Station;
  readonly epoch: number;
  /** Measures from here on. */
  readonly fromMs: number;
  readonly samplesMax: number;
  /** A sample without an answer is sent again after so long. */
  readonly answerMs: number;
}

interface Kept {
  readonly seq: number;
  readonly at: number;
  /** 0 while it was never sent on this connection. */
  sentAt: number;
  wasSent: boolean;
}

/** Samples on their way at once; a station that nobody answers does not send its whole past for ever. */
const WINDOW = 128;
/** A sample that goes out this much after its time is part of a backlog, and says so. */
const LATE_MS = 60_000;

export function createBacklog(config: BacklogConfig): Backlog {
  const { station, epoch } = config;
  const kept = new Map<number, Kept>();
  let measuredUntil = config.fromMs;
  let seq = 0;
  let dropped = 0;

  function sampleAt(one: Kept, nowMs: number): PacketSample | undefined {
    const [report] = station.reportsBetween(one.at, one.at + 1);
    if (report === undefined) return undefined;
    const historical = one.wasSent || nowMs - one.at > LATE_MS;
    const stamp = { id: station.id, ep: epoch, seq: one.seq, tx: nowMs };
    return sampleOf({ ...report, ...(historical && { historical }) }, stamp);
  }

  return {
    station,
    measure(nowMs) {
      for (const { at } of station.reportsBetween(measuredUntil, nowMs)) {
        seq += 1;
        kept.set(seq, { seq, at, sentAt: 0, wasSent: false });
        if (kept.size <= config.samplesMax) continue;
        const [oldest] = kept.keys();
        if (oldest !== undefined) kept.delete(oldest);
        dropped += 1;
      }
      measuredUntil = Math.max(measuredUntil, nowMs);
    },
    takeDue(nowMs, count) {
      const due: Kept[] = [];
      const isOnItsWay = (one: Kept) => one.sentAt > 0 && nowMs - one.sentAt < config.answerMs;
      let room = WINDOW;
      for (const one of kept.values()) if (isOnItsWay(one)) room -= 1;
      // Sequence numbers rise with time, so the end of the map is the present.
      for (const one of [...kept.values()].toReversed()) {
        if (due.length >= count) break;
        if (isOnItsWay(one)) continue;
        // The present always has room.
        const isNews = !one.wasSent && nowMs - one.at < LATE_MS;
        if (!isNews && room <= 0) break;
        due.push(one);
        room -= 1;
      }
      const samples: PacketSample[] = [];
      for (const one of due) {
        const sample = sampleAt(one, nowMs);
        if (sample !== undefined) samples.push(sample);
        one.sentAt = nowMs;
        one.wasSent = true;
      }
      return samples;
    },
    acknowledge(ack) {
      if (ack.ep !== epoch) return;
      for (const [first, last] of ack.ok) {
        for (const number of kept.keys())
          if (number >= first && number <= last) kept.delete(number);
      }
      for (const [number] of ack.bad ?? []) kept.delete(number);
    },
    recall() {
      for (const one of kept.values()) one.sentAt = 0;
    },
    size: () => kept.size,
    dropped: () => dropped,
    resumeFrom() {
      const [oldest] = kept.values();
      return oldest === undefined ? measuredUntil : oldest.at;
    },
  };
}
