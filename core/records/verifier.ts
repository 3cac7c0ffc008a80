// Checks tokens for a busy server: the store is asked at most once every few seconds for each
// token, so a revocation takes effect within that time in every process.

import { createHash } from "node:crypto";
import type { Principal, TokenVerifier } from "../service/auth.ts";
import type { Clock } from "../service/clock.ts";
import type { Log } from "../service/log.ts";
import { unavailable } from "../service/problem.ts";
import { lastUsedStepMs } from "./tokens.ts";
import type { FoundToken, Tokens } from "./tokens.ts";

export interface VerifierConfig {
  /** Longest time for which an answer, good or bad, stands. */
  readonly staleMs?: number;
  /** Answers kept. Bound: drop-oldest. */
  readonly entriesMax?: number;
}

export interface VerifierDeps {
  readonly tokens: Pick<Tokens, "find" | "touch">;
  readonly clock: Pick<Clock, "now" | "monotonicMs">;
  readonly log: Log;
}

interface Kept {
  readonly askedMs: number;
  readonly found: Promise<FoundToken | undefined>;
}

const STALE_MS = 5_000;
const ENTRIES_MAX = 10_000;
const RETRY_AFTER_MS = 2_000;

/**
 * A verifier with a short memory; concurrent calls for one token share one question.
 *
 * `verify` throws Problem 503 when the store does not answer.
 */
export function createTokenVerifier(config: VerifierConfig, deps: VerifierDeps): TokenVerifier {
  const staleMs = config.staleMs ?? STALE_MS;
  const entriesMax = config.entriesMax ?? ENTRIES_MAX;
  const kept = new Map<string, Kept>();

  function ask(key: string, token: string): Kept {
    const entry = { askedMs: deps.clock.monotonicMs(), found: lookUp(token) };
    // An answer that did not come is no answer: the next call asks again.
    entry.found.catch(() => {
      if (kept.get(key) === entry) kept.delete(key);
    });
    kept.delete(key);
    const oldest = kept.keys().next();
    if (kept.size >= entriesMax && !oldest.done) kept.delete(oldest.value);
    kept.set(key, entry);
    return entry;
  }

  async function lookUp(token: string): Promise<FoundToken | undefined> {
    const found = await find(token);
    if (found === undefined) return undefined;
    const { principal, lastUsedAt } = found;
    if (lastUsedAt !== undefined && deps.clock.now() - lastUsedAt < lastUsedStepMs) return found;
    try {
      await deps.tokens.touch(principal.tokenId);
    } catch (error) {
      // Nobody is refused because a note of their visit could not be written.
      deps.log.warn({ err: error, tokenId: principal.tokenId }, "last use was not noted");
    }
    return found;
  }

  async function find(token: string): Promise<FoundToken | undefined> {
    try {
      return await deps.tokens.find(token);
    } catch (error) {
      deps.log.error({ err: error }, "the token store did not answer");
      throw unavailable("the token store did not answer", RETRY_AFTER_MS);
    }
  }

  return {
    async verify(token): Promise<Principal | undefined> {
      // Texts of callers are not kept in memory.
      const key = createHash("sha256").update(token).digest("base64url");
      const last = kept.get(key);
      const isFresh = last !== undefined && deps.clock.monotonicMs() - last.askedMs < staleMs;
      const found = await (isFresh ? last : ask(key, token)).found;
      if (found?.expiresAt !== undefined && found.expiresAt <= deps.clock.now()) return undefined;
      return found?.principal;
    },
  };
}
