// A link between an edge and its region that does what links do: loses the answer after the work
// was done, delivers twice, delivers late and out of order, and goes away. Seeded.

import { createServer, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import assert from "node:assert/strict";
import { once } from "node:events";

export interface LinkFaults {
  /** The work is done, the answer never arrives: the connection is cut instead. */
  readonly loseAnswer: number;
  /** The request is delivered a second time, at some later moment. */
  readonly repeat: number;
  /** The request never arrives; the connection is cut. */
  readonly loseRequest: number;
  /** The request is held back, so that later ones overtake it. */
  readonly delay: number;
}

export interface FlakyLink extends AsyncDisposable {
  readonly url: string;
  /** While cut, nobody listens: connections are refused and those that stood are broken. */
  cut(isCut: boolean): Promise<void>;
  setFaults(faults: LinkFaults): void;
  /** Lanes of the requests that came since the link was last mended, in order, at most 100. */
  lanes(): readonly string[];
  counts(): Readonly<Record<keyof LinkFaults | "delivered" | "refused", number>>;
}

export const calm: LinkFaults = { loseAnswer: 0, repeat: 0, loseRequest: 0, delay: 0 };

const delayMsMax = 300;
const lanesMax = 100;

/** Opens a link to `target` (a base URL on loopback). `random` draws in [0, 1). */
export async function openLink(target: () => string, random: () => number): Promise<FlakyLink> {
  let faults = calm;
  let isCut = false;
  let lanes: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const count = { loseAnswer: 0, repeat: 0, loseRequest: 0, delay: 0, delivered: 0, refused: 0 };

  function hits(kind: keyof LinkFaults): boolean {
    if (random() >= faults[kind]) return false;
    count[kind]++;
    return true;
  }

  function later(work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, random() * delayMsMax);
    timers.add(timer);
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => {});
    response.on("error", () => {});
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (isCut || hits("loseRequest")) {
        if (isCut) count.refused++;
        request.socket.destroy();
        return;
      }
      if (lanes.length < lanesMax) lanes.push(String(request.headers["drover-lane"]));
      const message = {
        path: request.url ?? "/",
        method: request.method ?? "GET",
        headers: request.headers,
        body: Buffer.concat(chunks),
      };
      const deliver = () => {
        if (hits("repeat")) later(() => void send(target(), message).catch(() => {}));
        const losesAnswer = hits("loseAnswer");
        send(target(), message).then(
          (answer) => {
            count.delivered++;
            if (losesAnswer || isCut) request.socket.destroy();
            else response.writeHead(answer.status, answer.headers).end(answer.body);
          },
          () => request.socket.destroy(),
        );
      };
      if (hits("delay")) later(deliver);
      else deliver();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const { port } = address;
  return {
    url: `http://127.0.0.1:${port}`,
    async cut(now) {
      if (now === isCut) return;
      isCut = now;
      if (now) {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
      } else {
        lanes = [];
        server.listen(port, "127.0.0.1");
        await once(server, "listening");
      }
    },
    setFaults(next) {
      faults = next;
    },
    lanes: () => lanes,
    counts: () => ({ ...count }),
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Message {
  readonly path: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function send(
  base: string,
  message: Message,
): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const { connection: _connection, "transfer-encoding": _encoding, ...headers } = message.headers;
    const outgoing = httpRequest(
      new URL(message.path, base),
      { method: message.method, headers: { ...headers, "content-length": message.body.length } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const { connection: _gone, "transfer-encoding": _also, ...kept } = answer.headers;
          resolve({ status: answer.statusCode ?? 502, headers: kept, body: Buffer.concat(chunks) });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.setTimeout(20_000, () => outgoing.destroy(new Error("link: no answer in 20 s")));
    outgoing.end(message.body);
  });
}
