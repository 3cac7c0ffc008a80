import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fuzzRuns } from "./fuzz.ts";
import { arbitraryReport } from "./arbitrary.ts";
import { hashOfAsset } from "./asset-hash.ts";
import { parseLine } from "./codec.ts";
import { normaliseReport, type Stamp } from "./report.ts";
import { createRowEncoder } from "./row-encoder.ts";
import { createLineScanner } from "./scan.ts";

const stamp: Stamp = {
  edge: "edge-1",
  epoch: 1,
  seq: 9,
  sentAt: 1_800_000_000_000,
  receivedAt: 1_800_000_000_001,
  suspect: false,
};
const scanner = createLineScanner();
const scanned = createRowEncoder(64);
const parsed = createRowEncoder(64);

/** Scans a line among others; where the scanner is sure, the parser must say the same. */
function scan(line: string): boolean {
  const before = "é{}\n";
  const bytes = Buffer.from(`${before}${line}\nnext`);
  const start = Buffer.byteLength(before);
  const end = scanner.scan(bytes, start);
  if (end === -1) return false;
  assert.equal(end, start + Buffer.byteLength(line), "it ends at the newline");
  const expected = parseLine(line);
  assert(expected.kind === "report", `the parser refuses ${line}: ${JSON.stringify(expected)}`);
  assert.equal(scanner.seq, expected.seq ?? 0);
  assert.equal(scanner.at, expected.report.at + 0);
  scanned.reset();
  parsed.reset();
  scanned.encodeScanned(scanner, stamp);
  parsed.encode(expected.report, stamp);
  assert.deepEqual(Buffer.from(scanned.bytes()), Buffer.from(parsed.bytes()), line);
  return true;
}

const full = {
  asset: "aircraft:~7c6b2d",
  kind: "aircraft",
  at: 1_800_000_000_123,
  seq: 17,
  position: { lat: -12.463412, lon: 130.8456, altitudeM: 10_668.25, accuracyM: 7, onGround: true },
  motion: { speedMps: 231.5, headingDeg: 271.25, climbMps: -3.25 },
  measurements: { tempC: -51.5, "battery.volts": 0.1 },
  attributes: { callsign: "QFA1", note: "naïve ✈ 📡" },
  source: "readsb:darwin",
  historical: false,
};
const line = JSON.stringify(full);

describe("line scanner", () => {
  it("reads an ordinary line, its fields in any order, with blanks or without", () => {
    assert(scan(line));
    assert(scan(JSON.stringify(Object.fromEntries(Object.entries(full).toReversed()))));
    assert(scan(JSON.stringify(full, null, 1).replaceAll("\n", " \t\r")));
    assert(scan('{"asset":"a:b","at":0,"source":"s"}'));
    assert(!scan('{"asset":"a:b","at":1e0,"source":"s"}'), "exponents are for the parser");
  });

  it("reads the last line of a body that has no newline", () => {
    const bytes = Buffer.from(line);
    assert.equal(scanner.scan(bytes, 0), bytes.length);
    for (let cut = 0; cut < bytes.length; cut++) {
      assert.equal(scanner.scan(bytes.subarray(0, cut), 0), -1, `cut at ${cut}`);
    }
  });

  it("never reads what the parser refuses, and reads alike what it takes", () => {
    let sure = 0;
    const property = fc.property(arbitraryReport.map(normaliseReport), (report) => {
      if (scan(JSON.stringify(report))) sure++;
    });
    fc.assert(property, { numRuns: fuzzRuns(200), seed: 1 });
    assert(sure > 10, `${sure} of the arbitrary reports were plain`);
  });

  it("never reads a line with one character changed, dropped, doubled or added that is no report", () => {
    let sure = 0;
    const characters = [
      '"',
      "{",
      "}",
      ",",
      ":",
      "0",
      "9",
      "-",
      ".",
      "e",
      " ",
      "\\",
      "a",
      "Z",
      "\t",
    ];
    for (let index = 0; index < line.length; index++) {
      const [head, tail] = [line.slice(0, index), line.slice(index + 1)];
      for (const text of [head + tail, `${head}${line[index]}${line.slice(index)}`]) {
        if (scan(text)) sure++;
      }
      for (const character of [...characters, "\u0001", "é", "\u007F"]) {
        if (scan(head + character + tail)) sure++;
        if (scan(head + character + line.slice(index))) sure++;
      }
    }
    assert(sure > 500, `${sure} of the changed lines were still plain`);
  });

  it("reads numbers exactly as the parser does", () => {
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,4})(\.\d{1,10})?$/);
    const property = fc.property(digits, (number) => {
      assert(scan(`{"asset":"a:b","at":1,"source":"s","measurements":{"m":${number}}}`));
    });
    fc.assert(property, { numRuns: fuzzRuns(250), seed: 2 });
    for (const number of ["-0", "0.1", "123456789012345", "0.00000000000001", "999999999999999"]) {
      assert(scan(`{"asset":"a:b","at":1,"source":"s","measurements":{"m":${number}}}`), number);
    }
    for (const number of [
      "01",
      "1.",
      ".5",
      "-",
      "+1",
      "0x1",
      "1234567890123456",
      "NaN",
      "1e3",
      "",
    ]) {
      assert(!scan(`{"asset":"a:b","at":1,"source":"s","measurements":{"m":${number}}}`), number);
    }
  });

  it("leaves to the parser what it cannot be sure of", () => {
    const entries = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, index]));
    const unsure: readonly object[] = [
      { attributes: { quoted: 'a"b' } },
      { attributes: { long: "é".repeat(200) } },
      { measurements: entries(17) },
      { measurements: {} },
      { position: undefined, motion: {} },
      { extra: 1 },
      { kind: "station" },
      { kind: "aircraf" },
      { gap: { first: 1, last: 2, reason: "x" } },
      { seq: 0 },
      { position: { lat: 90.000_001, lon: 0 } },
      { position: { lat: 1 } },
      { at: 1.5 },
      { asset: `a:${"x".repeat(65)}` },
      { asset: `${"a".repeat(33)}:x`, kind: undefined },
      { source: "x".repeat(65) },
      { source: "" },
    ];
    for (const change of unsure) assert(!scan(JSON.stringify({ ...full, ...change })));
    assert(scan(JSON.stringify({ ...full, measurements: entries(16) })));
    assert(!scan('{"asset":"a:b","at":1,"source":"s","source":"t"}'), "a key twice");
    assert(
      !scan('{"asset":"a:b","at":1,"source":"s","measurements":{"m":1,"m":2}}'),
      "a name twice",
    );
  });

  it("hashes assets as partitions do and tells them apart", () => {
    const seen = new Set<number>();
    for (let number = 0; number < 20_000; number++) {
      const asset = `aircraft:${number.toString(16)}`;
      assert.notEqual(scanner.scan(Buffer.from(`{"asset":"${asset}","at":1,"source":"s"}`), 0), -1);
      assert.equal(scanner.assetHash, hashOfAsset(asset));
      assert.equal(scanner.kind(), "aircraft");
      seen.add(scanner.assetHash);
    }
    assert.equal(seen.size, 20_000);
  });
});
