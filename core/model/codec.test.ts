import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fuzzRuns } from "./fuzz.ts";
import { arbitraryReport, arbitraryUnit } from "./arbitrary.ts";
import { faultOfReport, parseLine, parseValue } from "./codec.ts";
import { isPlainReport } from "./fast-path.ts";
import { kindOf } from "./ids.ts";
import { Report, limits } from "./report.ts";

const good = {
  asset: "aircraft:7c6b2d",
  kind: "aircraft",
  at: 1_800_000_000_000,
  position: { lat: -12.4, lon: 130.8, altitudeM: 10_668 },
  motion: { speedMps: 231.5 },
  measurements: { tempC: -51.5 },
  attributes: { callsign: "QFA1" },
  source: "readsb",
};

/** What the schema says of a value, `kind` being filled in from `asset` where it is left out. */
function schemaTakes(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { asset, kind } = value as { asset?: unknown; kind?: unknown };
  const isFilled = kind === undefined && typeof asset === "string";
  return Report.safeParse(isFilled ? { ...value, kind: kindOf(asset) } : value).success;
}

const strange: readonly unknown[] = [
  [null, true, false, 0, -1, 1.5, -0, 90.1, -180.5, 360.1, 1e9, -1e9, 1e308, 4.2e12, 2 ** 53],
  ["", "a", "A:b", "aircraft:", ":x", "aircraft:x y", "aircraft:x\n", "café:1", "a:b:c", "é"],
  [`${"a".repeat(33)}:x`, `a:${"x".repeat(65)}`, "x".repeat(257), "station", "\uD800"],
  [[], [1], {}, { lat: 1 }, { lat: 1, lon: 2, alt: 3 }, { "1st": 1 }, { ok: "text" }, { ok: 1 }],
].flat();
const junk = fc.oneof(fc.constantFrom(...strange), fc.jsonValue({ maxDepth: 2 }));
const keys = [
  ["asset", "kind", "at", "position", "motion", "measurements", "attributes", "source"],
  ["historical", "lat", "lon", "altitudeM", "accuracyM", "onGround", "speedMps", "headingDeg"],
  ["climbMps", "constructor", "toString", "hasOwnProperty", "valueOf", "extra", "Asset", ""],
].flat();

/** A report with one thing about it changed, at the top or one level down. */
const mutated = fc
  .record({
    report: arbitraryReport,
    holder: fc.constantFrom("", "position", "motion", "measurements", "attributes"),
    key: fc.oneof(fc.constantFrom(...keys), fc.string({ maxLength: 70 })),
    change: fc.oneof(fc.constant("delete" as const), junk),
  })
  .filter(({ key }) => key !== "__proto__" && key !== "gap" && key !== "seq")
  .map(({ report, holder, key, change }) => {
    const copy: Record<string, unknown> = structuredClone(report);
    const inner = copy[holder];
    const target = typeof inner === "object" && inner !== null ? inner : copy;
    if (change === "delete") Reflect.deleteProperty(target, key);
    else Reflect.set(target, key, change);
    return copy;
  });

describe("parseValue", () => {
  it("takes every good report and gives it back as it is", () => {
    const property = fc.property(arbitraryReport, (report) => {
      const parsed = parseLine(JSON.stringify(report));
      assert.equal(parsed.kind, "report");
      assert.deepEqual(
        parsed.kind === "report" && parsed.report,
        JSON.parse(JSON.stringify(report)),
      );
    });
    fc.assert(property, { numRuns: fuzzRuns(100), seed: 1 });
  });

  it("answers as the schema does for every changed report, and names a field when it refuses", () => {
    let refused = 0;
    const property = fc.property(mutated, (value) => {
      const wire: unknown = JSON.parse(JSON.stringify(value));
      const expected = schemaTakes(wire);
      const parsed = parseValue(wire);
      assert.equal(parsed.kind, expected ? "report" : "fault", JSON.stringify(parsed));
      if (parsed.kind !== "fault") return;
      refused++;
      assert.match(parsed.fault.detail, /: ./s);
    });
    fc.assert(property, { numRuns: fuzzRuns(500), seed: 2 });
    assert(refused > 100, `only ${refused} of the changed reports were bad`);
  });

  it("answers as the schema does for any JSON", () => {
    const property = fc.property(fc.jsonValue(), (value) => {
      if (typeof value === "object" && value !== null && "gap" in value) return;
      assert.equal(parseValue(value).kind === "report", schemaTakes(value));
    });
    fc.assert(property, { numRuns: fuzzRuns(250), seed: 3 });
  });

  it("goes the short way for every good report and never for a bad one", () => {
    const property = fc.property(fc.oneof(arbitraryReport, mutated), (value) => {
      const wire: Record<string, unknown> = JSON.parse(JSON.stringify(value));
      assert.equal(isPlainReport(wire), faultOfReport(wire) === undefined);
    });
    fc.assert(property, { numRuns: fuzzRuns(250), seed: 4 });
  });

  it("refuses a map key that would change the map's prototype", () => {
    for (const holder of ["measurements", "attributes"]) {
      const parsed = parseLine(`{"asset":"a:b","at":1,"source":"s","${holder}":{"__proto__":1}}`);
      assert.equal(parsed.kind, "fault");
    }
    assert.equal(parseLine('{"asset":"a:b","at":1,"source":"s","__proto__":{}}').kind, "fault");
  });
});

const table: readonly [name: string, change: object, reason: string, detail: RegExp][] = [
  ["no asset", { asset: undefined }, "missing-field", /^asset: is required$/],
  ["no at", { at: undefined }, "missing-field", /^at: is required$/],
  ["no source", { source: undefined }, "missing-field", /^source: is required$/],
  ["no lat", { position: { lon: 1 } }, "missing-field", /^position\.lat: is required$/],
  ["upper case", { asset: "Aircraft:1" }, "bad-value", /^asset: expected kind:id .*"Aircraft:1"/],
  ["another kind", { kind: "station" }, "bad-value", /^kind: "station" is not the part of asset/],
  ["at in seconds and a half", { at: 1.5 }, "bad-value", /^at: expected whole milliseconds.*1\.5/],
  ["at as text", { at: "now" }, "bad-value", /^at: expected whole milliseconds .*"now"/],
  ["at after 2100", { at: 9e12 }, "out-of-range", /^at: 9000000000000 is above 4102444800000$/],
  ["lat 95", { position: { lat: 95, lon: 1 } }, "out-of-range", /^position\.lat: 95 is above 90$/],
  ["lon -181", { position: { lat: 5, lon: -181 } }, "out-of-range", /lon: -181 is below -180$/],
  ["speed -1", { motion: { speedMps: -1 } }, "out-of-range", /^motion\.speedMps: -1 is below 0$/],
  ["position as list", { position: [1, 2] }, "bad-value", /^position: expected an object, got an/],
  ["a text measured", { measurements: { t: "1" } }, "bad-value", /^measurements\.t: .* number/],
  ["an empty name", { measurements: { "": 1 } }, "bad-value", /^measurements: the name ""/],
  ["a number said", { attributes: { a: 1 } }, "bad-value", /^attributes\.a: expected a string/],
  ["a long text", { attributes: { a: "x".repeat(257) } }, "out-of-range", /257 .* more than 256$/],
  ["an unknown field", { altitude: 3 }, "unknown-field", /^altitude: no such field$/],
  ["one inside", { motion: { mph: 3 } }, "unknown-field", /^motion\.mph: no such field$/],
  ["historical 1", { historical: 1 }, "bad-value", /^historical: expected a boolean, got 1$/],
  ["seq 0", { seq: 0 }, "bad-value", /^seq: expected a whole number from 1 to 2\^53-1, got 0$/],
  ["seq as text", { seq: "7" }, "bad-value", /^seq: .* got "7"$/],
  [
    "65 measurements",
    { measurements: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`m${i}`, i])) },
    "out-of-range",
    /^measurements: more than 64 entries$/,
  ],
  [
    "33 attributes",
    { attributes: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`a${i}`, ""])) },
    "out-of-range",
    /^attributes: more than 32 entries$/,
  ],
];

describe("a fault", () => {
  for (const [name, change, reason, detail] of table) {
    it(`names the field and the limit: ${name}`, () => {
      const parsed = parseLine(JSON.stringify({ ...good, ...change }));
      assert(parsed.kind === "fault");
      assert.equal(parsed.fault.reason, reason);
      assert.match(parsed.fault.detail, detail);
    });
  }

  it("keeps the line's number, so that the sender knows which line it was", () => {
    const parsed = parseLine(JSON.stringify({ ...good, seq: 42, position: { lat: 95, lon: 0 } }));
    assert.equal(parsed.kind === "fault" && parsed.seq, 42);
  });

  it("stays short however long the text it speaks of", () => {
    const long = "x".repeat(30_000);
    for (const change of [{ asset: long }, { [long]: 1 }, { attributes: { [long]: "" } }]) {
      const parsed = parseLine(JSON.stringify({ ...good, ...change }));
      assert(parsed.kind === "fault");
      assert(parsed.fault.detail.length <= 300, parsed.fault.detail);
    }
  });
});

describe("parseLine", () => {
  it("reads the number beside a report", () => {
    const parsed = parseLine(JSON.stringify({ ...good, seq: Number.MAX_SAFE_INTEGER }));
    assert(parsed.kind === "report");
    assert.equal(parsed.seq, Number.MAX_SAFE_INTEGER);
  });

  it("fills in the kind where it is left out", () => {
    const parsed = parseLine(JSON.stringify({ ...good, kind: undefined }));
    assert.equal(parsed.kind === "report" && parsed.report.kind, "aircraft");
  });

  it("drops unknown fields under the policy that ignores them", () => {
    const line = JSON.stringify({ ...good, extra: 1, motion: { speedMps: 3, mph: 7 } });
    const parsed = parseLine(line, { unknownFields: "ignore" });
    assert(parsed.kind === "report");
    assert.deepEqual(parsed.report, { ...good, motion: { speedMps: 3 } });
  });

  it("sets aside what is not one JSON object", () => {
    for (const line of [
      "",
      "{",
      "[]",
      "7",
      "null",
      '"text"',
      `${JSON.stringify(good)} {}`,
      "\u0000",
    ]) {
      const parsed = parseLine(line);
      assert.equal(parsed.kind === "fault" && parsed.fault.reason, "bad-json", line);
    }
  });

  it("sets aside a line beyond the limit without parsing it", () => {
    const parsed = parseLine(" ".repeat(limits.lineChars + 1));
    assert(parsed.kind === "fault");
    assert.deepEqual(parsed.fault, {
      reason: "line-too-long",
      detail: "line: 32769 characters are more than 32768",
    });
  });

  it("tells a gap from a report, and a bad gap from a good one", () => {
    const gap = { first: 3, last: 9, reason: "evicted-bytes" };
    assert.deepEqual(parseLine(JSON.stringify({ gap })), { kind: "gap", gap });
    for (const bad of [{ ...gap, last: 2 }, { ...gap, first: 0 }, { first: 1 }, 7]) {
      const parsed = parseLine(JSON.stringify({ gap: bad }));
      assert.equal(parsed.kind === "fault" && parsed.fault.reason, "bad-value");
    }
    assert.equal(parseLine(JSON.stringify({ gap, ...good })).kind, "fault");
  });

  it("gives an answer for any text", () => {
    const property = fc.property(fc.string({ unit: arbitraryUnit, maxLength: 200 }), (text) => {
      assert(["report", "gap", "fault"].includes(parseLine(text).kind));
    });
    fc.assert(property, { numRuns: fuzzRuns(250), seed: 5 });
  });
});
