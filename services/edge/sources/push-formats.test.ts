// The conventions that devices push in, over MQTT or HTTP: facts, and fuzz.

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { packetLimits } from "@drover/core/model/packet";
import { Report } from "@drover/core/model/report";
import { readPushed } from "./http-payload.ts";
import { createMappingFormat, Mapping } from "./mapping.ts";
import { createDroverFormat } from "./mqtt-drover.ts";
import type { MqttFormat } from "./mqtt-format.ts";
import { createOwnTracksFormat } from "./owntracks.ts";
import { createSparkplugFormat } from "./sparkplug.ts";

const at = Date.UTC(2026, 5, 3);
const receivedAt = at + 5_000;
const fuzz = { seed: 20_261_121, numRuns: fuzzRuns(200) };

function say(format: MqttFormat, topic: string, payload: unknown, isRetained = false) {
  const text = typeof payload === "string" ? payload : JSON.stringify(payload);
  const reasons: string[] = [];
  const refusals = { refused: (reason: string) => void reasons.push(reason) };
  const decoded = format.decode(
    { topic, payload: Buffer.from(text), isRetained, receivedAt },
    refusals,
  );
  return { reports: decoded?.reports ?? [], answers: decoded?.answers ?? [], reasons, decoded };
}

const weather = Mapping.parse({
  topic: "farm/{site}/{device}/env",
  id: "{site}-{device}",
  at: { path: "/ts", unit: "s" },
  position: { lat: "/gps/0", lon: "/gps/1", altitudeM: { path: "/gps/2", unit: "ft" } },
  motion: { speedMps: { path: "/wind/kmh", unit: "km/h" } },
  measurements: {
    temperatureC: { path: "/t", unit: "F" },
    pressureHpa: { path: "/p", unit: "inHg" },
    doorOpen: "/door",
    voltage: { path: "/raw", scale: 0.01, offset: 1 },
    absent: "/none",
  },
  attributes: { firmware: "v{/fw}", site: "{site}" },
});

test("a mapping turns plain JSON into a report: places, units, text, flags", () => {
  const format = createMappingFormat(weather, "farm");
  assert.deepEqual(format.filters, ["farm/+/+/env"]);
  const { reports, reasons } = say(format, "farm/North/Gate 1/env", {
    ts: at / 1_000,
    gps: [-20, 140, "1000"],
    wind: { kmh: "36" },
    t: 77,
    p: 29.92,
    door: true,
    raw: 250,
    fw: 3,
  });
  assert.deepEqual(reasons, []);
  assert.deepEqual(reports, [
    {
      asset: "station:north-gate-1",
      kind: "station",
      at,
      position: { lat: -20, lon: 140, altitudeM: 304.8 },
      motion: { speedMps: 10 },
      measurements: {
        temperatureC: 77 * (5 / 9) - 160 / 9,
        pressureHpa: 29.92 * 33.86389,
        doorOpen: 1,
        voltage: 3.5,
      },
      attributes: { firmware: "v3", site: "North" },
      source: "farm",
    },
  ]);
});

test("a mapping never invents a time, an id or a reading", () => {
  const format = createMappingFormat(weather, "farm");
  assert.deepEqual(say(format, "farm/a/b/env", { t: 77 }).reasons, ["no-time"]);
  assert.deepEqual(say(format, "farm/a/b/env", { ts: "soon", t: 77 }).reasons, ["no-time"]);
  assert.deepEqual(
    say(format, "farm/a/b/env", { ts: at / 1_000, t: "warm" }).reports[0]?.measurements,
    undefined,
  );
  const local = createMappingFormat({ ...weather, at: { path: "/ts", unit: "iso" } }, "farm");
  assert.deepEqual(say(local, "farm/a/b/env", { ts: "2026-06-03T00:00:00", t: 1 }).reasons, [
    "no-time",
  ]);
  assert.equal(
    say(local, "farm/a/b/env", { ts: "2026-06-03T09:30:00+09:30", t: 1 }).reports[0]?.at,
    at,
  );
  const received = createMappingFormat({ ...weather, at: "received" }, "farm");
  assert.equal(say(received, "farm/a/b/env", { t: 77 }).reports[0]?.at, receivedAt);
  assert.deepEqual(say(received, "farm/a/b/env", { t: 77 }, true).reasons, [
    "retained-without-time",
  ]);
  assert.equal(say(format, "farm/a/env", { ts: 1 }).decoded, undefined, "another topic");
});

test("a mapping reads arrays, and says what is wrong with one that cannot work", () => {
  const rows = Mapping.parse({
    topic: "gw/#",
    id: "{/dev}",
    at: { path: "/at", unit: "ms" },
    each: "/rows",
    measurements: { v: "/a~1b" },
  });
  const format = createMappingFormat(rows, "gw");
  const { reports, reasons } = say(format, "gw/1/2/3", {
    rows: [{ dev: "x", at, "a/b": 1 }, { dev: "y", at, "a/b": 2 }, { at }],
  });
  assert.deepEqual(
    reports.map(({ asset, measurements }) => [asset, measurements?.["v"]]),
    [
      ["station:x", 1],
      ["station:y", 2],
    ],
  );
  assert.deepEqual(reasons, ["no-id"]);
  for (const wrong of [
    { topic: "a/{b}/{b}" },
    { topic: "a/#/b" },
    { at: { path: "ts", unit: "s" } },
    { measurements: { "bad name": "/a" } },
    { measurements: { a: { path: "/a", unit: "furlong" } } },
  ]) {
    assert.equal(Mapping.safeParse({ ...rows, ...wrong }).success, false, JSON.stringify(wrong));
  }
});

test("OwnTracks: seconds, km/h, and everything that is no location is counted", () => {
  const format = createOwnTracksFormat({ kind: "phone", source: "ot" });
  const location = {
    _type: "location",
    tst: at / 1_000,
    lat: -20.1,
    lon: 140.2,
    acc: 12,
    alt: 220,
    vac: 3,
    vel: 90,
    cog: 270,
    batt: 64,
    tid: "jo",
    t: "p",
    conn: "m",
  };
  assert.deepEqual(say(format, "owntracks/jo/pixel", location).reports, [
    {
      asset: "phone:jo-pixel",
      kind: "phone",
      at,
      position: { lat: -20.1, lon: 140.2, altitudeM: 220, accuracyM: 12 },
      motion: { speedMps: 25, headingDeg: 270 },
      measurements: { batteryPct: 64, verticalAccuracyM: 3 },
      attributes: { trackerId: "jo", trigger: "p", connection: "m" },
      source: "ot",
    },
  ]);
  assert.equal(
    say(format, "owntracks/jo/pixel", { ...location, vel: -1, cog: -1 }).reports[0]?.motion
      ?.speedMps,
    undefined,
  );
  for (const [payload, reason] of [
    [{ _type: "lwt", tst: 1 }, "owntracks-lwt"],
    [{ _type: "transition" }, "owntracks-transition"],
    [{ _type: "<script>" }, "owntracks-other"],
    [{ ...location, tst: undefined }, "no-time"],
    [{ ...location, lat: undefined }, "no-position"],
    ["[]", "owntracks-not-an-object"],
    ["", "empty-payload"],
  ] as const) {
    assert.deepEqual(say(format, "owntracks/jo/pixel", payload).reasons, [reason]);
  }
});

test("Sparkplug-style JSON: aliases from the birth, metrics of one moment together, no commands", () => {
  const format = createSparkplugFormat({ kind: "station", source: "sp" });
  const birth = {
    timestamp: at,
    metrics: [
      { name: "bdSeq", value: 1 },
      { name: "Node Control/Rebirth", value: false },
      { name: "Tank/Level", alias: 1, value: 70 },
      { name: "Position/Latitude", alias: 2, value: -20 },
      { name: "Position/Longitude", alias: 3, value: 140 },
      { name: "Model", value: "T-100" },
    ],
  };
  assert.deepEqual(say(format, "spBv1.0/farm/NBIRTH/gw1", birth).reports, [
    {
      asset: "station:gw1",
      kind: "station",
      at,
      position: { lat: -20, lon: 140 },
      measurements: { "Tank.Level": 70 },
      attributes: { Model: "T-100" },
      source: "sp",
    },
  ]);
  const data = say(format, "spBv1.0/farm/NDATA/gw1", {
    timestamp: at + 9,
    metrics: [
      { alias: 1, value: 71, timestamp: at + 1, isHistorical: true },
      { alias: 1, value: 72 },
      { alias: 9, value: 1 },
      { name: "x", isNull: true, value: 3 },
    ],
  });
  assert.deepEqual(
    data.reports.map((report) => [
      report.at - at,
      report.measurements?.["Tank.Level"],
      report.historical,
    ]),
    [
      [1, 71, true],
      [9, 72, undefined],
    ],
  );
  assert.deepEqual(data.reasons, ["sparkplug-unknown-alias"]);
  assert.deepEqual(say(format, "spBv1.0/farm/NDATA/gw1", "\x08\x01").reasons, [
    "sparkplug-not-json",
  ]);
  assert.equal(say(format, "spBv1.0/farm/NCMD/gw1", {}).decoded, undefined);
});

test("Drover packets: limits of a message, quality and clock of a sample", () => {
  const format = createDroverFormat({ source: "mqtt" });
  const topic = "drv/1/farm/gate-1/up/data";
  const sample = {
    v: 1,
    id: "gate-1",
    ep: 1,
    seq: 1,
    t: at,
    m: { a: 1, b: null },
    q: { b: "fault" },
  };
  const { reports, answers } = say(format, topic, { ...sample, later: "field", h: 1 });
  assert.deepEqual(reports, [
    {
      asset: "station:gate-1",
      kind: "station",
      at,
      measurements: { a: 1 },
      attributes: { "quality.b": "fault" },
      source: "mqtt",
      historical: true,
    },
  ]);
  assert.deepEqual(answers, [{ topic: "drv/1/farm/gate-1/dn/ack", epoch: 1, ok: [1], bad: [] }]);
  const many = Array.from({ length: packetLimits.samples + 1 }, () => ({}));
  assert.deepEqual(say(format, topic, many).reasons, ["too-many-samples"]);
  const large = { ...sample, a: { x: "y".repeat(packetLimits.payloadBytes) } };
  assert.deepEqual(say(format, topic, large).reasons, ["payload-too-large"]);
  assert.equal(say(format, "drv/1/farm/Gate 1/up/data", sample).decoded, undefined);
});

/** Values that a broken or a hostile device might put anywhere. */
const scalar = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.string(),
  fc.boolean(),
  fc.constantFrom(null, 1e308, -1, at, at / 1_000, "location", "__proto__", [], {}),
);
const member = fc.oneof({ weight: 5, arbitrary: scalar }, { weight: 1, arbitrary: fc.jsonValue() });

/** Up to two members of a good message go bad. */
function shaped(keys: readonly string[]) {
  return fc.dictionary(fc.constantFrom(...keys), member, { maxKeys: 2 });
}

const sampleLike = shaped([
  "v",
  "id",
  "ep",
  "seq",
  "t",
  "h",
  "k",
  "pos",
  "mv",
  "m",
  "q",
  "a",
  "cq",
]).map((value) => ({ v: 1, id: "gate-1", ep: 1, seq: 1, t: at, m: { a: 1 }, ...value }));
const trackLike = shaped([
  "_type",
  "tst",
  "lat",
  "lon",
  "acc",
  "alt",
  "vel",
  "cog",
  "batt",
  "tid",
]).map((value) => ({ _type: "location", tst: at / 1_000, lat: 1, lon: 1, ...value }));
const metricLike = shaped(["name", "alias", "timestamp", "value", "isHistorical", "isNull"]).map(
  (value) => ({ name: "Tank/Level", value: 1, ...value }),
);
const payloads = fc.oneof(
  fc.string(),
  fc.json(),
  sampleLike.map((value) => JSON.stringify(value)),
  fc.array(sampleLike, { maxLength: 4 }).map((value) => JSON.stringify(value)),
  trackLike.map((value) => JSON.stringify(value)),
  fc
    .record({ timestamp: member, metrics: fc.array(metricLike, { maxLength: 6 }) })
    .map((value) => JSON.stringify(value)),
  shaped(["ts", "gps", "wind", "t", "p", "door", "raw", "fw"]).map((value) =>
    JSON.stringify(value),
  ),
);
const weatherLike = shaped(["ts", "gps", "wind", "t", "p", "door", "raw", "fw"]).map((value) => ({
  ts: at / 1_000,
  t: 77,
  ...value,
}));

const jsonOf = (value: unknown) => JSON.stringify(value);
const messages = fc.oneof(
  fc.tuple(fc.string(), payloads),
  fc.tuple(fc.constant("drv/1/farm/gate-1/up/data"), fc.oneof(payloads, sampleLike.map(jsonOf))),
  fc.tuple(fc.constant("owntracks/jo/pixel"), fc.oneof(payloads, trackLike.map(jsonOf))),
  fc.tuple(fc.constant("farm/north/gate/env"), fc.oneof(payloads, weatherLike.map(jsonOf))),
  fc.tuple(
    fc.constantFrom("spBv1.0/farm/DDATA/gw1/pump", "spBv1.0/farm/NBIRTH/gw1"),
    fc
      .record({ timestamp: fc.constant(at), metrics: fc.array(metricLike, { maxLength: 6 }) })
      .map(jsonOf),
  ),
);

test("no MQTT payload crashes a format, and every report it gives is valid", () => {
  const formats = [
    createDroverFormat({ source: "mqtt" }),
    createOwnTracksFormat({ kind: "phone", source: "mqtt" }),
    createSparkplugFormat({ kind: "station", source: "mqtt" }),
    createMappingFormat(weather, "mqtt"),
  ];
  let given = 0;
  fc.assert(
    fc.property(messages, fc.boolean(), ([topic, payload], isRetained) => {
      for (const format of formats) {
        const { reports, answers } = say(format, topic, payload, isRetained);
        for (const report of reports) Report.parse(report);
        for (const { ok, bad } of answers) assert.ok(ok.length + bad.length >= 1);
        given += reports.length;
      }
    }),
    { ...fuzz, numRuns: fuzzRuns(1_500) },
  );
  assert.ok(given > 300, `${given} reports came through`);
});

test("no pushed request crashes the reader, and every report it gives is valid", () => {
  const reportLike = shaped([
    "asset",
    "at",
    "position",
    "motion",
    "measurements",
    "source",
    "seq",
    "gap",
  ]).map((value) => JSON.stringify({ asset: "station:a", at, ...value }));
  const bodies = fc.oneof(
    payloads,
    reportLike,
    fc.array(reportLike).map((lines) => lines.join("\n")),
  );
  const queries = fc.dictionary(
    fc.constantFrom(
      "id",
      "lat",
      "lon",
      "timestamp",
      "speed",
      "location",
      "valid",
      "batt",
      "u",
      "d",
    ),
    fc.oneof(fc.string(), fc.double().map(String), fc.constant(String(at))),
  );
  const types = fc.constantFrom("", "application/json", "application/x-www-form-urlencoded");
  let given = 0;
  fc.assert(
    fc.property(bodies, queries, types, (body, query, contentType) => {
      const read = readPushed(
        { body, query: new URLSearchParams(query), contentType },
        { source: "push", kind: "phone", linesMax: 50 },
      );
      for (const report of read.reports) Report.parse(report);
      given += read.reports.length;
    }),
    { ...fuzz, numRuns: fuzzRuns(1_500) },
  );
  assert.ok(given > 300, `${given} reports came through`);
});
