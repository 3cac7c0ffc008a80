import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Report } from "@drover/core/model/report";
import { createLineScanner } from "@drover/core/model/scan";
import { createRandom } from "@drover/core/service/clock";
import { createJumpGuard } from "./plausibility.ts";

const startAt = 1_800_000_000_000;

function fix(atS: number, lat: number, lon: number, more: Partial<Report> = {}): Report {
  return {
    asset: "aircraft:7c6b2d",
    kind: "aircraft",
    at: startAt + atS * 1000,
    position: { lat, lon },
    source: "test",
    ...more,
  };
}

const judge = (reports: readonly Report[]) => {
  const guard = createJumpGuard({ assetsMax: 10 });
  return reports.map((report) => guard.isSuspect(report));
};

describe("jump guard", () => {
  it("believes a flight, fast with the wind behind it", () => {
    const reports = Array.from({ length: 60 }, (_, s) => fix(s, -12 + (s * 330) / 111_132, 130));
    assert(judge(reports).every((isSuspect) => !isSuspect));
  });

  it("marks a fix that is out of reach, and the next good one not", () => {
    assert.deepEqual(
      judge([fix(0, -12, 130), fix(1, -12.5, 130), fix(2, -12.003, 130), fix(3, -12.005, 130)]),
      [false, true, false, false],
    );
  });

  it("gives in at the third consistent fix in a row: the first one was the wrong one", () => {
    const elsewhere = [1, 2, 3, 4].map((s) => fix(s, 40 + s / 1000, 10));
    assert.deepEqual(judge([fix(0, -12, 130), ...elsewhere]), [false, true, true, false, false]);
  });

  it("is not talked round by fixes that contradict each other, or by one said again", () => {
    const scattered = [1, 2, 3, 4, 5, 6].map((s) => fix(s, s % 2 === 0 ? 40 : -40, 10));
    assert(
      judge([fix(0, -12, 130), ...scattered])
        .slice(1)
        .every(Boolean),
    );
    const repeated = [1, 1, 1, 1, 1].map((s) => fix(s, 40, 10));
    assert(
      judge([fix(0, -12, 130), ...repeated])
        .slice(1)
        .every(Boolean),
    );
  });

  it("believes the first fix after two minutes of silence", () => {
    assert.deepEqual(judge([fix(0, -12, 130), fix(120, 40, 10)]), [false, true]);
    assert.deepEqual(judge([fix(0, -12, 130), fix(120.001, 40, 10)]), [false, false]);
  });

  it("leaves late data alone and goes on from the newest", () => {
    const reports = [fix(100, -12, 130), fix(0, 40, 10), fix(50, 41, 11), fix(101, -12.002, 130)];
    assert.deepEqual(judge(reports), [false, false, false, false]);
  });

  it("knows how fast each kind can be", () => {
    const jump = { lat: -12.02, lon: 130 };
    for (const [kind, isSuspect] of [
      ["animal", true],
      ["station", true],
      ["aircraft", false],
    ] as const) {
      const asset = { asset: `${kind}:1`, kind };
      const judged = judge([fix(0, -12, 130, asset), fix(10, jump.lat, jump.lon, asset)]);
      assert.deepEqual(judged, [false, isSuspect], kind);
    }
  });

  it("allows for what both fixes say of their accuracy", () => {
    const vague = (s: number, lat: number) =>
      fix(s, lat, 130, {
        kind: "bus",
        asset: "bus:1",
        position: { lat, lon: 130, accuracyM: 1_000 },
      });
    assert.deepEqual(judge([vague(0, -12), vague(1, -12.02)]), [false, false]);
    assert.deepEqual(judge([vague(0, -12), vague(1, -12.03)]), [false, true]);
  });

  it("goes the short way over the antimeridian and beside the pole", () => {
    assert.deepEqual(judge([fix(0, 10, 179.999), fix(1, 10, -179.999)]), [false, false]);
    assert.deepEqual(judge([fix(0, 89.999, 0), fix(1, 89.999, 90)]), [false, false]);
  });

  it("says nothing about a report without a place", () => {
    const nowhere = fix(1, 0, 0);
    delete nowhere.position;
    assert.deepEqual(judge([fix(0, -12, 130), nowhere]), [false, false]);
  });

  it("remembers at most as many assets as its bound, and drops the oldest", () => {
    const guard = createJumpGuard({ assetsMax: 4 });
    const at = (index: number, s: number, lat: number) =>
      guard.isSuspect(fix(s, lat, 130, { asset: `aircraft:${index}` }));
    for (const index of [1, 2, 3, 4, 5]) assert.equal(at(index, index, -12), false);
    assert.equal(guard.size(), 4);
    assert.equal(at(5, 6, 40), true, "the fifth is known");
    assert.equal(at(1, 6, 40), false, "the first was forgotten");
    assert.equal(guard.size(), 4);
  });

  it("judges a scanned report as it does a parsed one", () => {
    const scanner = createLineScanner();
    const [one, other] = [createJumpGuard({ assetsMax: 64 }), createJumpGuard({ assetsMax: 64 })];
    const random = createRandom(11);
    let suspects = 0;
    for (let s = 0; s < 500; s++) {
      const lat = Math.round((random() < 0.1 ? 40 : -12) * 1e4 + random() * 10) / 1e4;
      const asset = `${random() < 0.5 ? "bus" : "aircraft"}:${Math.floor(random() * 20)}`;
      const position = { lat, lon: 130, ...(random() < 0.5 && { accuracyM: 30 }) };
      const report = fix(s, lat, 130, { asset, kind: asset.split(":")[0] ?? "", position });
      assert.notEqual(scanner.scan(Buffer.from(JSON.stringify(report)), 0), -1);
      const isSuspect = one.isSuspect(report);
      assert.equal(other.isScannedSuspect(scanner), isSuspect);
      if (isSuspect) suspects++;
    }
    assert(suspects > 20 && suspects < 400, `${suspects} of 500`);
  });

  it("keeps assets apart however many there are", () => {
    const guard = createJumpGuard({ assetsMax: 2 ** 18 });
    const random = createRandom(7);
    const places = Array.from({ length: 5_000 }, () => [random() * 160 - 80, random() * 340 - 170]);
    for (const s of [0, 1, 2]) {
      for (const [index, [lat = 0, lon = 0]] of places.entries()) {
        assert.equal(guard.isSuspect(fix(s, lat, lon, { asset: `aircraft:${index}` })), false);
      }
    }
  });

  it("is off when it may remember nothing", () => {
    const guard = createJumpGuard({ assetsMax: 0 });
    assert.deepEqual([fix(0, 0, 0), fix(1, 80, 0)].map(guard.isSuspect.bind(guard)), [
      false,
      false,
    ]);
  });
});
