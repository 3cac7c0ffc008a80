import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fuzzRuns } from "./fuzz.ts";
import { arbitraryReport, arbitraryStamp } from "./arbitrary.ts";
import { limits, normaliseReport, type Report, type Stamp } from "./report.ts";
import { createRowEncoder } from "./row-encoder.ts";
import { RowFormatError, decodeRows, rowColumns, rowEnds } from "./row.ts";

const stamp: Stamp = {
  edge: "edge-1",
  epoch: 3,
  seq: 7,
  sentAt: 1_800_000_000_000,
  receivedAt: 1_800_000_000_500,
  suspect: false,
};

const rich: Report = {
  asset: "aircraft:7c6b2d",
  kind: "aircraft",
  at: 1_800_000_000_123,
  position: { lat: -12.4634, lon: 130.8456, altitudeM: 10_668, accuracyM: 7.5, onGround: false },
  motion: { speedMps: 231.5, headingDeg: 271.25, climbMps: -3.25 },
  measurements: { tempC: -51.5, "battery.volts": 12.6 },
  attributes: { callsign: "QFA1", note: "naïve ✈ 📡" },
  source: "readsb:darwin",
  historical: true,
};

function encode(report: Report, with_: Stamp = stamp): Uint8Array {
  const encoder = createRowEncoder(16);
  encoder.encode(report, with_);
  return encoder.bytes();
}

describe("rows", () => {
  it("give back any report as it is once normalised, with its stamp", () => {
    const property = fc.property(arbitraryReport, arbitraryStamp, (report, stamp) => {
      assert.deepEqual(decodeRows(encode(report, stamp)), [
        { ...normaliseReport(report), ...stamp },
      ]);
    });
    fc.assert(property, { numRuns: fuzzRuns(200), seed: 1 });
  });

  it("are the same bytes whether the report was normalised before or not", () => {
    const property = fc.property(arbitraryReport, (report) => {
      assert.deepEqual(encode(normaliseReport(report)), encode(report));
    });
    fc.assert(property, { numRuns: fuzzRuns(200), seed: 2 });
  });

  it("end where encode says, and rowEnds finds the same ends", () => {
    const property = fc.property(fc.array(arbitraryReport, { maxLength: 8 }), (reports) => {
      const encoder = createRowEncoder(16);
      const ends = reports.map((report) => encoder.encode(report, stamp));
      assert.deepEqual(rowEnds(encoder.bytes()), ends);
      assert.equal(decodeRows(encoder.bytes()).length, reports.length);
    });
    fc.assert(property, { numRuns: fuzzRuns(100), seed: 3 });
  });

  it("hold the largest report", () => {
    const names = (count: number) =>
      Array.from({ length: count }, (_, index) => `${"n".repeat(61)}${index + 100}`);
    const largest: Report = {
      ...rich,
      measurements: Object.fromEntries(names(64).map((name) => [name, Math.PI])),
      attributes: Object.fromEntries(names(32).map((name) => [name, "\u20AC".repeat(256)])),
    };
    assert.deepEqual(decodeRows(encode(largest)), [{ ...largest, ...stamp }]);
  });

  it("hold every number at the ends of its range", () => {
    for (const pick of ["min", "max"] as const) {
      const extreme: Report = {
        ...rich,
        at: limits.atMs[pick],
        position: {
          lat: pick === "min" ? -90 : 90,
          lon: pick === "min" ? -180 : 180,
          altitudeM: limits.altitudeM[pick],
          accuracyM: limits.accuracyM[pick],
        },
        motion: {
          speedMps: limits.speedMps[pick],
          headingDeg: pick === "min" ? 0 : 360,
          climbMps: limits.climbMps[pick],
        },
      };
      assert.deepEqual(decodeRows(encode(extreme)), [{ ...extreme, ...stamp }]);
    }
  });

  it("cut anywhere are an error that says where, never a report", () => {
    const bytes = encode(rich);
    for (let cut = 1; cut < bytes.length; cut++) {
      const part = bytes.subarray(0, cut);
      assert.throws(() => decodeRows(part), RowFormatError, `decodeRows at ${cut}`);
      assert.throws(() => rowEnds(part), RowFormatError, `rowEnds at ${cut}`);
    }
    assert.throws(() => decodeRows(bytes.subarray(0, 20)), /row: ends at byte 20, wanted/);
  });

  it("of random bytes are reports or an error, in time and space bound by the bytes", () => {
    const noise = fc.uint8Array({ minLength: 1, maxLength: 2_000, size: "max" });
    const property = fc.property(noise, (bytes) => {
      let count = 0;
      try {
        count = decodeRows(bytes).length;
      } catch (error) {
        assert(error instanceof RowFormatError, String(error));
        assert.throws(() => rowEnds(bytes), RowFormatError);
        return;
      }
      assert.equal(rowEnds(bytes).length, count);
    });
    fc.assert(property, { numRuns: fuzzRuns(500), seed: 4 });
  });

  it("with one byte changed are reports or an error", () => {
    const bytes = encode(rich);
    for (let index = 0; index < bytes.length; index++) {
      for (const value of [0, 1, 127, 128, 255]) {
        const changed = bytes.slice();
        changed[index] = value;
        try {
          assert(decodeRows(changed).length >= 1);
        } catch (error) {
          assert(error instanceof RowFormatError, String(error));
        }
      }
    }
  });

  it("refuse a length of more than 28 bits at once", () => {
    const bytes = new Uint8Array(64).fill(255);
    assert.throws(() => decodeRows(bytes), /a length of more than 28 bits at byte 4/);
  });

  it("have the columns that history's tables are made of", () => {
    assert.deepEqual(
      rowColumns.map(({ name }) => name),
      [
        ["asset", "at", "lat_e7", "lon_e7", "altitude_cm", "accuracy_cm"],
        ["speed_cmps", "heading_cdeg", "climb_cmps", "flags", "measurements", "attributes"],
        ["source", "edge", "epoch", "seq", "sent_after_ms", "received_after_ms"],
      ].flat(),
    );
  });

  it("start again after reset", () => {
    const encoder = createRowEncoder(64);
    encoder.encode(rich, stamp);
    encoder.reset();
    assert.equal(encoder.bytes().length, 0);
    encoder.encode({ ...rich, asset: "aircraft:other" }, stamp);
    assert.equal(decodeRows(encoder.bytes())[0]?.asset, "aircraft:other");
  });
});
