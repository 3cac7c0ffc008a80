// When OpenSky may be asked again: a bucket of credits spread to its refill. The decision is pure;
// the state outlives the process, because a crash loop would otherwise spend the day in minutes.

import { readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";

/** Credits of each tier and when its bucket fills (OpenSky API, "API credit usage"). */
export const tiers = {
  anonymous: { credits: 400, refillMs: 86_400_000, floorMs: 10_000 },
  standard: { credits: 4_000, refillMs: 86_400_000, floorMs: 5_000 },
  feeder: { credits: 8_000, refillMs: 86_400_000, floorMs: 5_000 },
  licensed: { credits: 14_400, refillMs: 3_600_000, floorMs: 5_000 },
} as const;
export type Tier = keyof typeof tiers;

/** A wait header beyond this is not believed. */
const WAIT_MS_MAX = 86_400_000;

export const BudgetState = z.strictObject({
  /** Credits left after the last call, by the server's count where it told. */
  creditsLeft: z.int().min(0).max(1_000_000_000),
  /** Epoch ms at which the bucket is taken to be full again. */
  refillAt: z.int().min(0),
  /** Epoch ms of the last call; 0 before the first. */
  lastCallAt: z.int().min(0),
  /** Epoch ms until which the server refuses us. */
  blockedUntil: z.int().min(0),
  tier: z.enum(["anonymous", "standard", "feeder", "licensed"]),
});
export type BudgetState = z.infer<typeof BudgetState>;

/** A full bucket. Days are taken to begin at 00:00 UTC; the server's header corrects the count. */
export function freshBudget(tier: Tier, nowMs: number): BudgetState {
  const { credits, refillMs } = tiers[tier];
  return {
    creditsLeft: credits,
    refillAt: (Math.floor(nowMs / refillMs) + 1) * refillMs,
    lastCallAt: 0,
    blockedUntil: 0,
    tier,
  };
}

/** The state as of now: refilled when its time has come, or when the clock was set far back. */
export function refreshed(state: BudgetState, nowMs: number): BudgetState {
  const { refillMs } = tiers[state.tier];
  const fresh = freshBudget(state.tier, nowMs);
  if (nowMs < state.refillAt && state.refillAt - nowMs <= refillMs) return state;
  return {
    ...fresh,
    lastCallAt: Math.min(state.lastCallAt, nowMs),
    blockedUntil: Math.min(state.blockedUntil, nowMs + WAIT_MS_MAX),
  };
}

/**
 * Epoch ms of the next call that costs `cost` credits: what is left of the bucket is spread evenly
 * over what is left of its time, never faster than the tier's resolution, never while blocked. With
 * too few credits left it is the refill.
 */
export function nextCallAt(state: BudgetState, cost: number, nowMs: number): number {
  const { floorMs } = tiers[state.tier];
  if (state.creditsLeft < cost) return Math.max(state.refillAt, state.blockedUntil);
  const lastCallAt = Math.min(state.lastCallAt, nowMs);
  const spentSince = Math.max(lastCallAt, state.refillAt - tiers[state.tier].refillMs);
  const callsLeft = Math.floor(state.creditsLeft / cost);
  const spreadMs = Math.max(floorMs, (state.refillAt - spentSince) / callsLeft);
  return Math.max(nowMs, Math.ceil(lastCallAt + spreadMs), state.blockedUntil);
}

/** Takes the cost before the call is made, so that a crash in the middle has been counted. */
export function debited(state: BudgetState, cost: number, nowMs: number): BudgetState {
  return { ...state, creditsLeft: Math.max(0, state.creditsLeft - cost), lastCallAt: nowMs };
}

/** What an answer's headers say. Header values that are no whole number are not believed. */
export function corrected(
  state: BudgetState,
  answer: { readonly status: number; readonly headers: Headers },
  nowMs: number,
): BudgetState {
  const remaining = wholeNumber(answer.headers.get("x-rate-limit-remaining"));
  if (answer.status !== 429) {
    return remaining === undefined ? state : { ...state, creditsLeft: remaining };
  }
  // Not the standard header; the standard one is what a proxy in between would send.
  const waitSeconds =
    wholeNumber(answer.headers.get("x-rate-limit-retry-after-seconds")) ??
    wholeNumber(answer.headers.get("retry-after"));
  if (waitSeconds === undefined) {
    return { ...state, creditsLeft: remaining ?? state.creditsLeft, blockedUntil: nowMs + 60_000 };
  }
  const { floorMs } = tiers[state.tier];
  const blockedUntil = nowMs + Math.min(WAIT_MS_MAX, Math.max(floorMs, waitSeconds * 1000));
  // The server knows when its bucket fills; our guess of midnight gives way.
  return { ...state, creditsLeft: remaining ?? 0, refillAt: blockedUntil, blockedUntil };
}

function wholeNumber(text: string | null): number | undefined {
  if (text === null || !/^\d{1,9}$/.test(text.trim())) return undefined;
  return Number(text);
}

/** Reads the budget of an earlier process; a missing or damaged file is a fresh budget. */
export async function loadBudget(path: string, tier: Tier, nowMs: number): Promise<BudgetState> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return freshBudget(tier, nowMs);
  }
  try {
    const state = BudgetState.parse(JSON.parse(text));
    return state.tier === tier ? refreshed(state, nowMs) : freshBudget(tier, nowMs);
  } catch {
    return freshBudget(tier, nowMs);
  }
}

export async function saveBudget(path: string, state: BudgetState): Promise<void> {
  await writeFile(`${path}.tmp`, JSON.stringify(state));
  await rename(`${path}.tmp`, path);
}
