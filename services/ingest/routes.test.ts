import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { EpochForgottenError, StreamFullError, TooManyGapsError } from "@drover/core/stream/log";
import { clock, edge1, ndjson, nowMs, report, setUp } from "./example.ts";

describe("access", () => {
  const table: readonly [token: string | undefined, edge: string | undefined, status: number][] = [
    [undefined, "edge-1", 401],
    ["unknown", "edge-1", 401],
    ["viewer", "edge-1", 403],
    ["edge", "edge-1", 200],
    ["edge", "edge-2", 200],
    ["edge", undefined, 200],
    ["bound", "edge-1", 200],
    ["bound", "edge-2", 403],
    ["bound", undefined, 403],
    ["admin", "edge-2", 200],
  ];
  for (const [token, edge, status] of table) {
    it(`answers ${status} to ${token ?? "no token"} as ${edge ?? "no edge"}`, async () => {
      const { stream, ingest } = await setUp();
      await using _ = ingest;
      const { authorization, ...none } = {
        authorization: `Bearer ${token}`,
        "content-type": "application/x-ndjson",
        ...(edge !== undefined && { ...edge1, "drover-edge": edge }),
      };
      const headers = token === undefined ? none : { ...none, authorization };
      const body = ndjson(report());
      const answer = await ingest.request("/v1/reports", { method: "POST", headers, body });
      assert.equal(answer.status, status);
      assert.equal(stream.rows().length, status === 200 ? 1 : 0);
      if (status >= 400) {
        assert.match(answer.headers.get("content-type") ?? "", /problem\+json/);
        assert.match(answer.json.detail, /./);
      }
    });
  }
});

describe("limits", () => {
  it("answers 413 and names the limit for bodies and lines beyond it", async () => {
    const change = { bodyBytesMax: 5_000, batchBytesMax: 20_000, linesMax: 10 };
    const { stream, ingest } = await setUp(change);
    await using _ = ingest;
    const spaces = Buffer.alloc(50_000_000, " ");
    const cases: [Buffer, Record<string, string>, RegExp][] = [
      [Buffer.alloc(5_001, " "), {}, /large/],
      [gzipSync(spaces.subarray(0, 2_000_000)), { "content-encoding": "gzip" }, /20000 bytes/],
      [zstdCompressSync(spaces), { "content-encoding": "zstd" }, /20000 bytes/],
      [Buffer.from("{}\n".repeat(11)), {}, /10 lines/],
      [Buffer.from(`[${"1,".repeat(10)}1]`), { "content-type": "application/json" }, /10 lines/],
    ];
    for (const [body, headers, detail] of cases) {
      const { status, json } = await ingest.post(Buffer.from(body), { ...edge1, ...headers });
      assert.equal(status, 413);
      assert.match(json.detail, detail);
    }
    assert.equal(stream.batches.length, 0);
  });

  it("opens gzip and zstd", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const body = ndjson(report(), report({ at: nowMs }));
    const gzip = await ingest.post(Buffer.from(gzipSync(body)), {
      ...edge1,
      "content-encoding": "gzip",
    });
    assert.equal(gzip.json.accepted, 2);
    const zstd = await ingest.post(Buffer.from(zstdCompressSync(body)), {
      ...edge1,
      "content-encoding": "zstd",
    });
    assert.equal(zstd.json.duplicates, 2);
  });

  it("names the media types it takes", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const { status, json } = await ingest.post("x", { "content-type": "text/plain" });
    assert.equal(status, 415);
    assert.match(json.detail, /application\/x-ndjson/);
  });

  it("asks to come again when too much is being worked on, and recovers", async () => {
    const { stream, ingest } = await setUp({ inFlightRequestsMax: 1 });
    await using _ = ingest;
    const { promise: stored, resolve } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    stream.fault = async () => {
      arrive();
      await stored;
      return { accepted: 1, quarantined: 0, duplicates: 0, through: 1 };
    };
    const first = ingest.post(ndjson(report()), edge1);
    await arrived;
    const second = await ingest.post(ndjson(report()), edge1);
    assert.equal(second.status, 429);
    assert.equal(second.headers.get("retry-after"), "1");
    resolve();
    assert.equal((await first).status, 200);
    stream.fault = undefined;
    assert.equal((await ingest.post(ndjson(report()), edge1)).status, 200);
  });

  it("gives a place back when the sender goes away in mid-body", async () => {
    const { ingest } = await setUp({ inFlightRequestsMax: 1 });
    await using _ = ingest;
    const socket = connect(Number(new URL(ingest.url).port), "127.0.0.1");
    const head = ["POST /v1/reports HTTP/1.1", "Host: x", "Authorization: Bearer edge"];
    const rest = ["Content-Type: application/x-ndjson", "Content-Length: 1000", "", "{"];
    socket.write([...head, ...rest].join("\r\n"));
    const send = () => ingest.post(ndjson(report()), edge1);
    while ((await send()).status !== 429);
    socket.destroy();
    while ((await send()).status !== 200);
  });

  it("does not wait for a body that never comes", async () => {
    const { ingest } = await setUp({ requestTimeoutMs: 100, inFlightRequestsMax: 1 });
    await using _ = ingest;
    const socket = connect(Number(new URL(ingest.url).port), "127.0.0.1");
    socket.write("POST /v1/reports HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer edge\r\n");
    socket.write("Content-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{");
    const chunks = await socket.toArray();
    assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 408 /);
    assert.equal((await ingest.post(ndjson(report()), edge1)).status, 200);
  });
});

describe("what the stream says", () => {
  it("becomes 503 with Retry-After when the log is full", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    stream.fault = () => Promise.reject(new StreamFullError("append: the log is full", 7_500));
    const { status, headers, json } = await ingest.post(ndjson(report()), edge1);
    assert.deepEqual([status, headers.get("retry-after")], [503, "8"]);
    assert.match(json.detail, /log is full/);
  });

  it("becomes 409 with the missing range when the sender left too many holes", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    const missing = { first: 12, last: 40 };
    stream.fault = () => Promise.reject(new TooManyGapsError("append: 1025 holes", missing));
    const { status, headers, json } = await ingest.post(ndjson(report()), edge1);
    assert.deepEqual([status, headers.get("drover-missing")], [409, "12-40"]);
    assert.match(json.detail, /send 12 to 40 first/);
    assert.equal(json.type, "urn:drover:problem:too-many-gaps");
  });

  it("becomes 409 when the sender speaks for an epoch that was forgotten", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    stream.fault = () => Promise.reject(new EpochForgottenError("edge-1", 3, 9));
    const { status, json } = await ingest.post(ndjson(report()), edge1);
    assert.deepEqual([status, json.type], [409, "urn:drover:problem:epoch-forgotten"]);
    assert.match(json.detail, /the oldest known is 9/);
  });

  it("becomes 503 when it fails, and what was not stored was not acknowledged", async () => {
    const { stream, ingest } = await setUp();
    await using _ = ingest;
    stream.fault = () => Promise.reject(new Error("disk I/O error at /secret/path"));
    const { status, json } = await ingest.post(ndjson(report()), edge1);
    assert.equal(status, 503);
    assert(!json.detail.includes("secret"));
    stream.fault = undefined;
    assert.equal((await ingest.post(ndjson(report()), edge1)).json.accepted, 1);
  });

  it("becomes 503 when it says nothing in time", async () => {
    const fake = clock();
    const { stream, ingest } = await setUp({ clock: fake, appendTimeoutMs: 1_000 });
    await using _ = ingest;
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    stream.fault = () => {
      arrive();
      return new Promise(() => {});
    };
    const sent = ingest.post(ndjson(report()), edge1);
    await arrived;
    await fake.advance(1_000);
    assert.equal((await sent).status, 503);
  });
});

describe("stopping", () => {
  it("answers what it has begun and takes no more", async () => {
    const { stream, ingest } = await setUp();
    const { promise: stored, resolve } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    stream.fault = async () => {
      arrive();
      await stored;
      return { accepted: 1, quarantined: 0, duplicates: 0, through: 1 };
    };
    const begun = ingest.post(ndjson(report()), edge1);
    await arrived;
    const stopped = ingest[Symbol.asyncDispose]();
    const late = await ingest.post(ndjson(report()), edge1).catch(() => undefined);
    assert(late === undefined || late.status === 503, `${late?.status}`);
    resolve();
    assert.equal((await begun).status, 200);
    await stopped;
    assert.equal(stream.batches.length, 1);
  });
});

describe("what operators see", () => {
  it("serves health and version to anybody, and counts what happened", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const body = ndjson(report(), "{", report({ at: nowMs }));
    await ingest.post(body, edge1);
    await ingest.post(body, edge1);
    for (const path of ["/healthz", "/livez", "/version"]) {
      assert.equal((await ingest.request(path)).status, 200, path);
    }
    const { text } = await ingest.request("/metrics");
    for (const line of [
      'drover_reports_accepted_total{service="ingest"} 2',
      'drover_reports_duplicate_total{service="ingest"} 2',
      'drover_reports_quarantined_total{reason="bad-json",service="ingest"} 2',
      'drover_ingest_append_seconds_count{service="ingest"} 2',
      `drover_ingest_body_bytes_total{service="ingest"} ${body.length * 2}`,
      'drover_ingest_in_flight_bytes{service="ingest"} 0',
    ]) {
      assert(text.includes(`${line}\n`), `${line} is missing from ${text}`);
    }
    assert.match(text, /drover_http_request_seconds_bucket\{.*route="\/v1\/reports"/);
  });
});
