import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { parseCsvRow } from "./csv-row.ts";
import { createJsonSplitter } from "./json-values.ts";
import { createTarSplitter, isTarHeader } from "./tar-entries.ts";
import { createLineSplitter } from "./text-lines.ts";
import { parseOffset, parseTimeText } from "./time-text.ts";

/** Cuts bytes at the given places, in any order. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = places.map((place) => place % (bytes.length + 1)).toSorted((a, b) => a - b);
  return [...sorted, bytes.length].map((end, i) => bytes.subarray(sorted[i - 1] ?? 0, end));
}
const places = fc.array(fc.nat(10_000), { maxLength: 8 });

test("lines are the same however the bytes are cut", () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n]/g, ""));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), places, fc.boolean(), (lines, at, isCrlf) => {
      const splitter = createLineSplitter({ lineChars: 1_000 });
      const bytes = new TextEncoder().encode(
        lines.map((one) => one + (isCrlf ? "\r\n" : "\n")).join(""),
      );
      const read = cut(bytes, at).flatMap((chunk) => splitter.push(chunk));
      assert.deepEqual(
        read,
        lines.map((one) => one.toWellFormed()),
      );
      assert.deepEqual(splitter.end(), []);
    }),
    { seed: 3, numRuns: fuzzRuns(200) },
  );
});

test("a line beyond the bound is dropped whole, counted, and never held", () => {
  const splitter = createLineSplitter({ lineChars: 10 });
  const text = (value: string) => splitter.push(Buffer.from(value));
  assert.deepEqual(text("good\n01234567890123"), ["good"]);
  for (let i = 0; i < 100; i++) assert.deepEqual(text("x".repeat(1_000)), []);
  assert.deepEqual(text("tail\nnext\n"), ["next"]);
  assert.deepEqual(text(`${"y".repeat(11)}\nend`), []);
  assert.deepEqual(splitter.end(), ["end"]);
  assert.equal(splitter.tooLong(), 2);
});

test("JSON values are the same however the text is cut, printed or not", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))),
      places,
      fc.constantFrom(undefined, 2),
      (values, at, indent) => {
        const text = values.map((value) => JSON.stringify(value, undefined, indent)).join("\n");
        const splitter = createJsonSplitter({ valueChars: 100_000, elements: false });
        const ends = [...at.map((place) => place % (text.length + 1)), text.length].toSorted(
          (a, b) => a - b,
        );
        const read = ends.flatMap((end, i) => splitter.push(text.slice(ends[i - 1] ?? 0, end)));
        assert.deepEqual(
          read.map((one): unknown => JSON.parse(one)),
          JSON.parse(JSON.stringify(values)),
        );
        assert.equal(splitter.strayChars(), 0);
      },
    ),
    { seed: 3, numRuns: fuzzRuns(200) },
  );
});

test("an array at the top gives its elements, and a value beyond the bound is refused", () => {
  const splitter = createJsonSplitter({ valueChars: 40, elements: true });
  assert.deepEqual(splitter.push('\uFEFF[{"a":"]}"}, {"b":[1]}'), ['{"a":"]}"}', '{"b":[1]}']);
  assert.deepEqual(splitter.push("]\n"), []);
  assert.throws(() => splitter.push(`{"long":"${"x".repeat(50)}`), { name: "JsonTooLargeError" });
});

function tarOf(files: readonly (readonly [string, string])[]): Buffer {
  const blocks = files.flatMap(([name, text]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(Buffer.byteLength(text).toString(8).padStart(11, "0"), 124);
    header.write("0", 156);
    header.write("        ", 148);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
    body.write(text);
    return [header, body];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

test("an archive gives its files however it is cut", () => {
  const file = fc.tuple(fc.stringMatching(/^[a-z]{1,20}$/), fc.string({ maxLength: 1_500 }));
  fc.assert(
    fc.property(fc.array(file, { maxLength: 5 }), places, (files, at) => {
      const splitter = createTarSplitter({ entryBytes: 100_000 });
      const read = cut(tarOf(files), at).flatMap((chunk) => splitter.push(chunk));
      assert.deepEqual(
        read.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
        files.map(([name, text]) => [name, text.toWellFormed()]),
      );
    }),
    { seed: 3, numRuns: fuzzRuns(100) },
  );
});

test("a file beyond the bound is passed over, and what is no archive is refused", () => {
  const splitter = createTarSplitter({ entryBytes: 600 });
  const archive = tarOf([
    ["big", "x".repeat(601)],
    ["small", "y"],
  ]);
  assert.deepEqual(
    splitter.push(archive).map((entry) => entry.name),
    ["small"],
  );
  assert.equal(splitter.tooLarge(), 1);
  assert.equal(isTarHeader(archive), true);
  assert.throws(() => createTarSplitter({ entryBytes: 1 }).push(Buffer.alloc(512, 1)), {
    name: "TarError",
  });
});

test("a row of CSV is the same after writing and reading", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), (fields) => {
      const line = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
      assert.deepEqual(parseCsvRow(line), fields);
    }),
    { seed: 3 },
  );
  assert.deepEqual(parseCsvRow('1,"a, ""b""",,x"y,'), ["1", 'a, "b"', "", 'x"y', ""]);
  assert.deepEqual(parseCsvRow('"open,1'), ["open,1"]);
});

test("times are read with the zone they say, else with the one given, never with this machine's", () => {
  const utc = Date.UTC(2018, 1, 18, 5, 17, 43, 218);
  for (const [text, offset] of [
    ["2018-02-18T05:17:43.217933+00:00", 0],
    ["2018-02-18T05:17:43.218Z", 600],
    ["2018/02/18 15:47:43,218", 630],
    ["2018-02-18 15:47:43.218 +10:30", 0],
    ["2018-02-18T05:17:43.218 UTC", 0],
  ] as const) {
    assert.equal(parseTimeText(text, offset), utc, text);
  }
  assert.equal(parseTimeText("2018-02-18T05:17"), Date.UTC(2018, 1, 18, 5, 17));
  for (const text of [
    "",
    "2018-02-30T00:00:00.5",
    "2018-13-01T00:00",
    "2018-02-18T24:00",
    "now",
    "18/02/2018 05:17",
  ]) {
    assert.equal(parseTimeText(text), undefined, text);
  }
  assert.deepEqual(["Z", "utc", "+10:30", "-0330", "+08", "+15:00", "8"].map(parseOffset), [
    0,
    0,
    630,
    -210,
    480,
    undefined,
    undefined,
  ]);
});
