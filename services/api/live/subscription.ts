// What a client of the binary feed asked for, ready to be compared with assets.

import { createHash } from "node:crypto";
import { LiveSubscribe, liveLimits } from "@drover/core/model/live-messages";
import type { AssetFilter } from "./board.ts";

export interface Subscription {
  readonly filter: AssetFilter;
  /** Differs for another filter: what was seen through one says nothing of what another shows. */
  readonly filterHash: string;
  readonly everyMs: number;
  readonly bytesPerSecond: number;
  readonly eventsAfter: number | undefined;
  readonly alertsAfter: number | undefined;
  readonly resume: { readonly token: string; readonly version: number } | undefined;
}

/** Thrown when a client's message is not one; says what was expected. */
export class SubscriptionError extends Error {
  override name = "SubscriptionError";
}

const MISTAKES_SHOWN = 3;

/** Reads a client's message. @throws SubscriptionError */
export function readSubscription(text: string): Subscription {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SubscriptionError("expected a JSON object", { cause });
  }
  const result = LiveSubscribe.safeParse(value);
  if (!result.success) {
    const mistakes = result.error.issues
      .slice(0, MISTAKES_SHOWN)
      .map(({ path, message }) => `${path.join(".") || "message"}: ${message}`);
    throw new SubscriptionError(mistakes.join("; "));
  }
  const { box, kinds, text: wanted, everyMs, bytesPerSecond, ...rest } = result.data;
  const filter: AssetFilter = {
    kinds: kinds && new Set(kinds),
    text: wanted?.toLowerCase(),
    box,
  };
  return {
    filter,
    filterHash: hashOf([box, kinds?.toSorted(byText), filter.text]),
    everyMs: everyMs ?? liveLimits.everyMs.default,
    bytesPerSecond: bytesPerSecond ?? liveLimits.bytesPerSecond.default,
    eventsAfter: rest.eventsAfter,
    alertsAfter: rest.alertsAfter,
    resume: rest.resume,
  };
}

const byText = (left: string, right: string) => (left < right ? -1 : Number(left > right));

function hashOf(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
}
