// One question to the OpenSky API and its answer; knows nothing of credits.

import { readText } from "./body.ts";
import { isWorld } from "./opensky-boxes.ts";
import type { Box } from "./opensky-boxes.ts";
import type { TokenHolder } from "./opensky-token.ts";

/** The whole world was 1.5 MB in 2018. */
const BODY_BYTES_MAX = 32 * 2 ** 20;

/** An answer that is no good this time. */
export class OpenskyError extends Error {
  override name = "OpenskyError";
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface OpenskyClient {
  /**
   * Asks for the states in a box. A refused token is renewed once.
   *
   * `onAnswer` sees status and headers of every answer, also of those that reject.
   *
   * @throws OpenskyError for every status but 200 and for a body that is not JSON.
   */
  states(box: Box, signal: AbortSignal, onAnswer: (answer: Response) => void): Promise<unknown>;
}

export function createOpenskyClient(
  config: { readonly url: string; readonly extended: boolean },
  deps: { readonly fetch: typeof globalThis.fetch; readonly tokens: TokenHolder | undefined },
): OpenskyClient {
  const { fetch, tokens } = deps;
  return {
    async states(box, signal, onAnswer) {
      for (let attempt = 1; ; attempt++) {
        const token = await tokens?.get(signal);
        const headers: Record<string, string> = { accept: "application/json" };
        if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
        const response = await fetch(urlOf(config, box), { headers, signal });
        onAnswer(response);
        if (response.status === 200) return jsonOf(response);
        await response.body?.cancel();
        if (response.status === 401 && token !== undefined && attempt === 1) {
          tokens?.refused(token);
          continue;
        }
        throw new OpenskyError(`opensky: answered ${response.status}`, response.status);
      }
    },
  };
}

function urlOf(config: { readonly url: string; readonly extended: boolean }, box: Box): string {
  const query = new URLSearchParams();
  // Without a box the API answers with the whole world, and not only with what has a position.
  if (!isWorld(box)) {
    query.set("lamin", String(box.south));
    query.set("lomin", String(box.west));
    query.set("lamax", String(box.north));
    query.set("lomax", String(box.east));
  }
  if (config.extended) query.set("extended", "1");
  return `${config.url.replace(/\/$/, "")}/states/all?${query.toString()}`;
}

/** Under load the site answers 200 with an HTML page. */
async function jsonOf(response: Response): Promise<unknown> {
  const text = await readText(response, BODY_BYTES_MAX);
  try {
    return JSON.parse(text);
  } catch {
    const type = response.headers.get("content-type")?.slice(0, 60) ?? "no content type";
    throw new OpenskyError(`opensky: the answer is not JSON (${type})`, response.status);
  }
}
