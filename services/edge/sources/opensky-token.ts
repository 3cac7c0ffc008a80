import type { Clock } from "@drover/core/service/clock";
import { z } from "zod";
import { readText } from "./body.ts";
import { SourceError } from "./source.ts";

/** The realm's token endpoint (OAuth2 client credentials; basic authentication is gone). */
export const openskyTokenUrl =
  "https://auth.opensky-network.org/auth/realms/opensky-network/protocol/openid-connect/token";

/** A token is renewed this long before it ends, so that none ends on the way. */
const EARLY_MS = 30_000;
const BODY_BYTES_MAX = 65_536;

const TokenAnswer = z.object({
  access_token: z.string().min(1).max(16_384),
  /** Seconds; half an hour when absent. */
  expires_in: z.number().positive().max(86_400).default(1_800),
});

/** The token endpoint did not give a token this time. */
export class OpenskyTokenError extends Error {
  override name = "OpenskyTokenError";
}

/** One token for all calls of a process; at most one request for it at a time. */
export interface TokenHolder {
  get(signal: AbortSignal): Promise<string>;
  /** Says that the API refused this token; another is fetched at the next `get`. */
  refused(token: string): void;
}

export function createTokenHolder(
  config: { readonly url: string; readonly clientId: string; readonly clientSecret: string },
  deps: { readonly clock: Clock; readonly fetch: typeof globalThis.fetch },
): TokenHolder {
  let current: { readonly token: string; readonly renewAtMs: number } | undefined;
  let pending: Promise<string> | undefined;

  async function request(signal: AbortSignal): Promise<string> {
    const response = await deps.fetch(config.url, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: config.clientId,
        client_secret: config.clientSecret,
      }).toString(),
      signal,
    });
    const text = await readText(response, BODY_BYTES_MAX);
    if (!response.ok) {
      if (/"(invalid_client|unauthorized_client)"/.test(text)) {
        throw new SourceError("opensky: the client id or secret is refused");
      }
      throw new OpenskyTokenError(`opensky token: answered ${response.status}`);
    }
    const answer = TokenAnswer.safeParse(jsonOf(text));
    if (!answer.success) throw new OpenskyTokenError("opensky token: the answer is no token");
    const livesMs = answer.data.expires_in * 1000;
    // A token that lives shorter than the margin is used for half its life.
    const renewAtMs = deps.clock.monotonicMs() + Math.max(livesMs / 2, livesMs - EARLY_MS);
    current = { token: answer.data.access_token, renewAtMs };
    return current.token;
  }

  return {
    async get(signal) {
      if (current !== undefined && deps.clock.monotonicMs() < current.renewAtMs) {
        return current.token;
      }
      pending ??= request(signal).finally(() => (pending = undefined));
      return pending;
    },
    refused(token) {
      if (current?.token === token) current = undefined;
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
