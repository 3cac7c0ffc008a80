import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createClient, queryText } from "./client.ts";
import { AskError, fieldMistake, messageOf } from "./problem.ts";

interface Seen {
  url: string;
  init: RequestInit;
}

function clientOf(answer: (seen: Seen) => Response | Promise<Response>, token = "drv_viewer_x") {
  const seen: Seen[] = [];
  let signedOut = 0;
  const client = createClient(
    { baseUrl: "", timeoutMs: 200 },
    {
      token: () => token,
      onSignedOut: () => signedOut++,
      fetch: async (url, init = {}) => {
        const one = { url: url instanceof Request ? url.url : url.toString(), init };
        seen.push(one);
        return answer(one);
      },
    },
  );
  return { client, seen, signedOut: () => signedOut };
}

const Answer = z.object({ items: z.array(z.string()) });
const problem = (status: number, body: object, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });

test("a question carries the token, the query, the version and the key", async () => {
  const { client, seen } = clientOf(() => new Response('{"items":["a"]}'));
  const answer = await client.ask({
    method: "PUT",
    path: "/v1/zones/home",
    query: { kind: ["aircraft", "ship"], q: "", limit: 10, asset: undefined },
    body: { name: "Home" },
    ifVersion: 3,
    idempotencyKey: "once",
    answer: Answer,
  });
  assert.deepEqual(answer, { items: ["a"] });
  assert.equal(seen[0]?.url, "/v1/zones/home?kind=aircraft%2Cship&limit=10");
  const headers = new Headers(seen[0]?.init.headers);
  assert.equal(headers.get("authorization"), "Bearer drv_viewer_x");
  assert.equal(headers.get("if-match"), '"3"');
  assert.equal(headers.get("idempotency-key"), "once");
  assert.equal(seen[0]?.init.body, '{"name":"Home"}');
});

test("a problem names its fields and says what to do", async () => {
  const { client } = clientOf(() =>
    problem(400, {
      title: "Invalid body",
      detail: "shape.radiusM: too small",
      errors: [{ field: "shape.radiusM", detail: "too small" }],
    }),
  );
  const error = await client.ask({ path: "/v1/zones", answer: Answer }).catch((e: unknown) => e);
  assert.ok(error instanceof AskError);
  assert.equal(fieldMistake(error, "shape"), "too small");
  assert.equal(fieldMistake(error, "name"), undefined);
  assert.equal(
    messageOf(error),
    "shape.radiusM: too small. Correct what is marked and send it again.",
  );
});

test("a token that is unknown signs out, once for each refusal", async () => {
  const { client, signedOut } = clientOf(() => problem(401, { title: "A token is needed" }));
  await assert.rejects(client.ask({ path: "/v1/zones", answer: Answer }), { name: "AskError" });
  assert.equal(signedOut(), 1);
});

test("a busy server says how long to wait, whatever its body is", async () => {
  const { client } = clientOf(
    () => new Response("<html>", { status: 503, headers: { "retry-after": "7" } }),
  );
  const error = await client.ask({ path: "/v1/zones", answer: Answer }).catch((e: unknown) => e);
  assert.equal(messageOf(error), "The server could not answer (503). Try again in 7 s.");
});

test("an answer of another form is refused with its place", async () => {
  const { client } = clientOf(() => new Response('{"items":[1]}'));
  await assert.rejects(client.ask({ path: "/v1/zones", answer: Answer }), /\/v1\/zones: items\.0/);
});

test("no answer in time and no network are told apart; a stop stays a stop", async () => {
  const never = clientOf(
    ({ init }) =>
      new Promise((_, reject) => {
        init.signal?.addEventListener("abort", () =>
          reject(
            new DOMException(
              "stopped",
              init.signal?.reason instanceof DOMException ? init.signal.reason.name : "AbortError",
            ),
          ),
        );
      }),
  );
  const question = { path: "/v1/zones", answer: Answer };
  await assert.rejects(never.client.ask({ ...question, timeoutMs: 5 }), /took too long/);
  const stop = new AbortController();
  const asked = never.client.ask({ ...question, signal: stop.signal });
  stop.abort();
  await assert.rejects(asked, { name: "AbortError" });
  const away = clientOf(() => Promise.reject(new TypeError("fetch failed")));
  await assert.rejects(away.client.ask(question), /cannot be reached/);
});

test("an empty query is no query", () => {
  assert.equal(queryText(), "");
  assert.equal(queryText({ a: undefined, b: [] }), "");
  assert.equal(queryText({ at: 0, live: false }), "?at=0&live=false");
});
