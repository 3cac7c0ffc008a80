import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fuzzRuns } from "./fuzz.ts";
import { arbitraryReport } from "./arbitrary.ts";
import { Report, normaliseReport, resolution } from "./report.ts";

describe("Report", () => {
  it("takes every arbitrary report, so that the other properties speak of reports", () => {
    const property = fc.property(arbitraryReport, (report) => {
      const parsed = Report.safeParse(report);
      assert(parsed.success, parsed.error?.message);
    });
    fc.assert(property, { numRuns: fuzzRuns(150), seed: 1 });
  });
});

describe("normaliseReport", () => {
  it("changes nothing the second time", () => {
    const property = fc.property(arbitraryReport, (report) => {
      const once = normaliseReport(report);
      assert.deepEqual(normaliseReport(once), once);
    });
    fc.assert(property, { numRuns: fuzzRuns(150), seed: 2 });
  });

  it("gives what the schema takes", () => {
    const property = fc.property(arbitraryReport, (report) => {
      assert(Report.safeParse(normaliseReport(report)).success);
    });
    fc.assert(property, { numRuns: fuzzRuns(150), seed: 3 });
  });

  it("moves no number by more than half a step", () => {
    const property = fc.property(arbitraryReport, (report) => {
      const { position, motion } = normaliseReport(report);
      const close = (after: number | undefined, before: number | undefined, step: number) => {
        const slack = Math.abs(before ?? 0) * Number.EPSILON * 4;
        assert(Math.abs((after ?? 0) - (before ?? 0)) <= step / 2 + slack);
      };
      close(position?.lat, report.position?.lat, resolution.degrees);
      close(position?.lon, report.position?.lon, resolution.degrees);
      close(position?.altitudeM, report.position?.altitudeM, resolution.metres);
      close(position?.accuracyM, report.position?.accuracyM, resolution.metres);
      close(motion?.speedMps, report.motion?.speedMps, resolution.mps);
      close(motion?.headingDeg, report.motion?.headingDeg, resolution.headingDeg);
      close(motion?.climbMps, report.motion?.climbMps, resolution.mps);
    });
    fc.assert(property, { numRuns: fuzzRuns(150), seed: 4 });
  });

  it("leaves out what says nothing, and no longer tells -0 from 0", () => {
    const report = {
      asset: "bird:1",
      kind: "bird",
      at: 1,
      source: "test",
      position: { lat: -1e-9, lon: -0 },
      motion: {},
      measurements: {},
      attributes: {},
      historical: false,
    };
    assert.deepEqual(normaliseReport(report), {
      asset: "bird:1",
      kind: "bird",
      at: 1,
      source: "test",
      position: { lat: 0, lon: 0 },
    });
  });

  it("puts U+FFFD where a text holds half a surrogate pair", () => {
    const attributes = { note: "a\uD800b" };
    const report = { asset: "bird:1", kind: "bird", at: 1, source: "test", attributes };
    assert.deepEqual(normaliseReport(report).attributes, { note: "a\uFFFDb" });
  });
});
