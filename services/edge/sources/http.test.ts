import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { z } from "zod";
import type { Report } from "@drover/core/model/report";
import { systemClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createHttpSource, httpKind, HttpOptions } from "./http.ts";
import { SourceError } from "./source.ts";

const at = Date.UTC(2026, 5, 3);
const stateDir = await mkdtemp(join(tmpdir(), "drover-http-"));
after(() => rm(stateDir, { recursive: true, force: true }));
const deps = { clock: systemClock, log: silentLog };
let runs = 0;

async function start(
  options: object = {},
  token?: string,
  emit: (reports: readonly Report[]) => Promise<void> = async () => {},
) {
  const source = createHttpSource(HttpOptions.parse({ port: 0, ...options }), "push", {
    ...deps,
    stateDir: join(stateDir, String(runs++)),
    ...(token !== undefined && { secrets: { httpToken: token } }),
  });
  const stopping = new AbortController();
  const reports: Report[] = [];
  const done = source.run(async (batch) => {
    await emit(batch);
    reports.push(...batch);
  }, stopping.signal);
  const url = `http://127.0.0.1:${await source.listening()}/`;
  return {
    source,
    reports,
    async send(path: string, body?: string, headers: Record<string, string> = {}) {
      const method = body === undefined ? "GET" : "POST";
      const response = await fetch(url + path, {
        method,
        headers,
        ...(body !== undefined && { body }),
      });
      const text = await response.text();
      const answer: z.infer<typeof Answer> = Answer.safeParse(JSON.parse(text)).data ?? {};
      return { status: response.status, text, body: answer, headers: response.headers };
    },
    async [Symbol.asyncDispose]() {
      stopping.abort(new Error("stop"));
      await done;
    },
  };
}

const Answer = z.looseObject({
  accepted: z.number().optional(),
  repeated: z.number().optional(),
  refused: z.array(z.looseObject({ reason: z.string() })).optional(),
});

const report = (seq: number) => ({
  asset: "station:gate-1",
  at: at + seq,
  measurements: { temperatureC: seq },
  source: "somebody-else",
});

test("takes reports as JSON, as an array and as NDJSON, under its own name", async () => {
  await using http = await start();
  const one = await http.send("", JSON.stringify(report(1)));
  assert.deepEqual([one.status, one.body], [200, { accepted: 1, repeated: 0, refused: [] }]);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  assert.equal((await http.send("", JSON.stringify(report(1)), form)).body.repeated, 1);
  const array = await http.send("", JSON.stringify([report(2), report(3)]));
  assert.equal(array.body.accepted, 2);
  const lines = `${JSON.stringify(report(3))}\n${JSON.stringify(report(4))}\nnot json\n`;
  const mixed = await http.send("", lines);
  assert.deepEqual(mixed.body, {
    accepted: 1,
    repeated: 1,
    refused: [{ line: 3, reason: "bad-json", detail: "the line is not JSON" }],
  });
  assert.deepEqual(
    http.reports.map((each) => [each.at - at, each.source, each.kind]),
    [1, 2, 3, 4].map((seq) => [seq, "push", "station"]),
  );
});

test("answers 2xx only once the outbox has it, and 503 when that takes too long", async () => {
  const gate = Promise.withResolvers<void>();
  await using http = await start({ takeTimeoutMs: 100 }, undefined, () => gate.promise);
  const late = await http.send("", JSON.stringify(report(1)));
  assert.equal(late.status, 503);
  assert.equal(late.headers.get("retry-after"), "5");
  assert.equal(http.reports.length, 0);
  const again = http.send("", JSON.stringify(report(1)));
  gate.resolve();
  assert.deepEqual((await again).body, { accepted: 0, repeated: 1, refused: [] });
  assert.equal(http.reports.length, 1);
});

test("reads OsmAnd queries: knots, seconds or milliseconds, and no time is no report", async () => {
  await using http = await start();
  const query = `?id=Ute-7&lat=-20.5&lon=140.25&timestamp=${at / 1_000}&speed=10&bearing=90&altitude=212&accuracy=4&batt=81`;
  assert.equal((await http.send(query)).status, 200);
  assert.equal(
    (
      await http.send("", `id=ute-7&lat=-20.5&lon=140.25&timestamp=${at + 500}`, {
        "content-type": "application/x-www-form-urlencoded",
      })
    ).status,
    200,
  );
  const [first, second] = http.reports;
  assert.deepEqual(first, {
    asset: "phone:ute-7",
    kind: "phone",
    at,
    position: { lat: -20.5, lon: 140.25, altitudeM: 212, accuracyM: 4 },
    motion: { speedMps: (10 * 1_852) / 3_600, headingDeg: 90 },
    measurements: { batteryPct: 81 },
    source: "push",
  });
  assert.equal(second?.at, at + 500);
  const timeless = await http.send("?id=ute-7&lat=-20.5&lon=140.25");
  assert.deepEqual([timeless.status, timeless.body.refused?.[0]?.reason], [400, "no-time"]);
});

test("speaks to OwnTracks and to the Traccar Client in their own ways", async () => {
  await using http = await start();
  const location = {
    _type: "location",
    tst: at / 1_000,
    lat: 1,
    lon: 2,
    vel: 36,
    batt: 50,
    tid: "jo",
  };
  const headers = { "x-limit-u": "jo", "x-limit-d": "pixel" };
  assert.deepEqual((await http.send("", JSON.stringify(location), headers)).text, "[]");
  assert.deepEqual(
    (await http.send("", JSON.stringify({ _type: "lwt", tst: 1 }), headers)).text,
    "[]",
  );
  const traccar = {
    device_id: "1234",
    location: {
      timestamp: new Date(at).toISOString(),
      coords: { latitude: 3, longitude: 4, speed: -1, heading: 12, accuracy: 5 },
      battery: { level: 0.5 },
    },
  };
  assert.equal((await http.send("", JSON.stringify(traccar))).status, 200);
  const [phone, client] = http.reports;
  assert.deepEqual([phone?.asset, phone?.motion?.speedMps], ["phone:jo-pixel", 10]);
  assert.deepEqual(client?.motion, { headingDeg: 12 });
  assert.deepEqual(client?.measurements, { batteryPct: 50 });
  assert.equal(http.source.status().refused["owntracks-lwt"], 1);
});

test("lets in who has the token, by header, by password, by query, and nobody else", async () => {
  await using http = await start({}, "secret");
  const body = JSON.stringify(report(1));
  const basic = `Basic ${Buffer.from("jo:secret").toString("base64")}`;
  assert.equal((await http.send("", body, { authorization: "Bearer secret" })).status, 200);
  assert.equal((await http.send("", body, { authorization: basic })).status, 200);
  assert.equal((await http.send("?token=secret", body)).status, 200);
  for (const authorization of ["Bearer wrong", "Basic secret", ""]) {
    assert.equal((await http.send("", body, { authorization })).status, 401);
  }
  assert.equal(
    (await http.send("", body, { "sec-fetch-site": "cross-site", authorization: "Bearer secret" }))
      .status,
    200,
  );
});

test("refuses the world without a token, browsers on loopback, and what is too large", async () => {
  const open = createHttpSource(HttpOptions.parse({ host: "0.0.0.0", port: 0 }), "push", {
    ...deps,
    stateDir,
  });
  await assert.rejects(
    open.run(async () => {}, new AbortController().signal),
    SourceError,
  );
  await using http = await start({ bodyBytesMax: 200, linesMax: 1 });
  const page = await http.send("", JSON.stringify(report(1)), { "sec-fetch-site": "cross-site" });
  assert.equal(page.status, 403);
  assert.equal((await http.send("", "x".repeat(201))).status, 413);
  assert.equal((await http.send("", "[1,2]")).status, 400);
  assert.equal((await http.send("", "{")).status, 400);
  assert.equal(http.reports.length, 0);
});

test("reads its spec", () => {
  for (const spec of ["", "8086", "0.0.0.0:8086", "[::1]:8086?kind=vehicle"]) {
    assert.equal(httpKind.prepare(spec).kind, "ok", spec);
  }
  assert.equal(httpKind.prepare("farm").kind, "mistakes");
});
