import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json as readJson } from "node:stream/consumers";
import { z } from "zod";

/** The contract of `POST /v1/quarantine/readmit`; refuses what ingest would refuse. */
const ReadmitRequest = z.strictObject({
  lines: z.tuple([
    z.strictObject({
      id: z.string().min(1).max(128),
      text: z.string().min(1),
      offsetMs: z.int().optional(),
      at: z.int().optional(),
    }),
  ]),
  unknownFields: z.enum(["refuse", "ignore"]).optional(),
});

/** Stands in for ingest: takes every text but "bad", and each id once. */
export async function startIngest() {
  const admitted = new Set<string>();
  const seen: z.infer<typeof ReadmitRequest>[] = [];
  const tokens = new Set<string | undefined>();
  let isBusy = false;
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const answer = (status: number, body: unknown, headers = {}) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify(body));
    };
    if (request.method !== "POST" || request.url !== "/v1/quarantine/readmit")
      return answer(404, {});
    if (isBusy) return answer(429, {}, { "retry-after": "7" });
    tokens.add(request.headers.authorization);
    const parsed = ReadmitRequest.safeParse(await readJson(request));
    if (!parsed.success) return answer(400, parsed.error);
    seen.push(parsed.data);
    const [{ id, text }] = parsed.data.lines;
    if (text === "bad") {
      const refused = { id, outcome: "refused", reason: "bad-json", detail: "line: bad" };
      return answer(200, { results: [refused] });
    }
    const outcome = admitted.has(id) ? "already-admitted" : "admitted";
    admitted.add(id);
    return answer(200, { results: [{ id, outcome }] });
  };
  const server = createServer((request, response) => void take(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    tokens,
    setBusy: (value: boolean) => {
      isBusy = value;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
