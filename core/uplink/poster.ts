// POST over kept connections, on Node's own client: the edge runs on small boxes, where another HTTP
// stack is a sixth of its memory.

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

export interface PosterConfig {
  readonly url: URL;
  /** Connections at once; further requests wait for one. */
  readonly connections: number;
  /** Longest time for a request, from its start to the end of its answer. */
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  /** Longer answers are an error. */
  readonly answerBytesMax: number;
}

export interface Posted {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export interface Poster extends Disposable {
  /** @throws what the connection fails with; `PostTimeoutError`; the signal's reason. */
  post(
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Posted>;
}

/** `code` is `ETIMEDOUT` when not even a connection came about. */
export class PostTimeoutError extends Error {
  override name = "PostTimeoutError";
  readonly code: "ETIMEDOUT" | "ESOCKETTIMEDOUT";
  constructor(code: PostTimeoutError["code"], timeoutMs: number) {
    super(
      code === "ETIMEDOUT" ? `no connection in ${timeoutMs} ms` : `no answer in ${timeoutMs} ms`,
    );
    this.code = code;
  }
}

export function createPoster(config: PosterConfig): Poster {
  const isTls = config.url.protocol === "https:";
  const options = { keepAlive: true, maxSockets: config.connections, scheduling: "lifo" } as const;
  const agent = isTls ? new HttpsAgent(options) : new HttpAgent(options);
  const request = isTls ? httpsRequest : httpRequest;

  function attempt(
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<Posted | "stale"> {
    return new Promise((resolve, reject) => {
      const { timeoutMs, connectTimeoutMs } = config;
      const size = String(typeof body === "string" ? Buffer.byteLength(body) : body.length);
      const sent = request(config.url, {
        method: "POST",
        agent,
        headers: { ...headers, "content-length": size },
        ...(signal !== undefined && { signal }),
      });
      const late = setTimeout(() => {
        sent.destroy(new PostTimeoutError("ESOCKETTIMEDOUT", timeoutMs));
      }, timeoutMs);
      sent.once("socket", (socket) => {
        if (!socket.connecting) return;
        const unconnected = setTimeout(() => {
          sent.destroy(new PostTimeoutError("ETIMEDOUT", connectTimeoutMs));
        }, connectTimeoutMs);
        const connected = () => clearTimeout(unconnected);
        socket.once("connect", connected).once("close", connected);
      });
      sent.once("error", (error) => {
        clearTimeout(late);
        // The other side closed an idle connection while this request took it.
        const isReset = "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
        if (sent.reusedSocket && isReset) resolve("stale");
        else reject(error);
      });
      sent.once("response", (response) => {
        readText(response, config.answerBytesMax)
          .then((text) => {
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
          })
          .catch(reject)
          .finally(() => clearTimeout(late));
      });
      sent.end(body);
    });
  }

  return {
    async post(body, headers, signal) {
      for (let stale = 0; ; stale += 1) {
        const posted = await attempt(body, headers, signal);
        if (posted !== "stale") return posted;
        if (stale >= config.connections) throw new Error("every kept connection was closed");
      }
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

async function readText(response: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      response.destroy();
      throw new Error(`the answer is longer than ${bytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
