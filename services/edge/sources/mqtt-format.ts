// What a payload convention offers to the MQTT source: which topics it wants, and what they say.

import type { Report } from "@drover/core/model/report";

export interface MqttMessage {
  readonly topic: string;
  readonly payload: Buffer;
  /** The broker kept it: it was said some time ago, nobody knows when. */
  readonly isRetained: boolean;
  /** Epoch ms when it came in here. */
  readonly receivedAt: number;
}

/** What to tell the sender once its reports are durable. */
export interface Answer {
  readonly topic: string;
  readonly epoch: number;
  readonly ok: readonly number[];
  readonly bad: readonly (readonly [seq: number, reason: string])[];
}

export interface Decoded {
  readonly reports: readonly Report[];
  readonly answers?: readonly Answer[];
}

/** Counts what is no report; `reason` is a fixed word. */
export interface Refusals {
  refused(reason: string): void;
}

export interface MqttFormat {
  /** Topic filters to subscribe to, at QoS 1. */
  readonly filters: readonly string[];
  /** Undefined when the topic is not its own. Never throws, whatever the payload. */
  decode(message: MqttMessage, refusals: Refusals): Decoded | undefined;
}

export const nothing: Decoded = { reports: [] };

/** Parses a payload as JSON; counts `empty-payload` or `bad-json` and gives undefined. */
export function readJson(payload: Buffer, refusals: Refusals): unknown {
  if (payload.length === 0) {
    refusals.refused("empty-payload");
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(payload.toString("utf8"));
    return value;
  } catch {
    refusals.refused("bad-json");
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function numberIn(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
