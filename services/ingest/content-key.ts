// Names for what has no number. A report from a sender without an outbox is recognised by what it
// says: the key is a hash of its stored content, so that another spelling of the same report (key
// order aside inside its maps) is the same report.

import { createHash } from "node:crypto";
import type { Report, Stamp } from "@drover/core/model/report";
import { createRowEncoder } from "@drover/core/model/row-encoder";

export interface ContentKey {
  /** 128 bits of SHA-256, base64url. */
  readonly key: string;
  /** 53 other bits of it, at least 1: the row's `seq`. */
  readonly seq: number;
}

const KEY_BYTES = 16;
const unstamped: Stamp = {
  edge: "",
  epoch: 0,
  seq: 0,
  sentAt: 0,
  receivedAt: 0,
  suspect: false,
};
const encoder = createRowEncoder(4_096);

/** The key of a report, equal for equal reports at the stored resolution. */
export function keyOfReport(report: Report): ContentKey {
  encoder.reset();
  encoder.encode(report, unstamped);
  return keyOf(createHash("sha256").update(encoder.bytes()).digest());
}

/** The key of a text that is not a report. */
export function keyOfText(text: string): ContentKey {
  return keyOf(createHash("sha256").update("text\n").update(text).digest());
}

function keyOf(digest: Buffer): ContentKey {
  const high = digest.readUInt32LE(KEY_BYTES) & 0x1f_ffff;
  const low = digest.readUInt32LE(KEY_BYTES + 4);
  const key = digest.subarray(0, KEY_BYTES).toString("base64url");
  return { key, seq: Math.max(1, high * 2 ** 32 + low) };
}
