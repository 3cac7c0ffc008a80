import assert from "node:assert/strict";
import { test } from "node:test";
import type { Report } from "../../core/model/report.ts";
import { createLedger, numberMetric, type Ledger } from "./ledger.ts";

function reportOf(number: number): Report {
  return {
    asset: `aircraft:${number}`,
    kind: "aircraft",
    at: 1_700_000_000_000 + number,
    position: { lat: number / 7, lon: -number / 3 },
    measurements: { [numberMetric]: number },
    source: "oracle",
  };
}

function ledgerOf(count: number): Ledger {
  const ledger = createLedger();
  for (let number = 0; number < count; number++) {
    ledger.offered(reportOf(number));
    ledger.acknowledged(reportOf(number));
  }
  return ledger;
}

const stored = (number: number): Report => ({
  ...reportOf(number),
  position: {
    lat: Math.round((number * 1e7) / 7) / 1e7,
    lon: Math.round((-number * 1e7) / 3) / 1e7,
  },
});

test("finds nothing where every acknowledged report is one row", () => {
  const finding = ledgerOf(3).judge([2, 0, 1].map(stored));
  assert.deepEqual(finding, {
    rows: 3,
    acknowledged: 3,
    missing: 0,
    twice: 0,
    unsent: 0,
    different: 0,
    examples: [],
  });
});

test("finds a row that is missing, one that stands twice, one that nobody sent, one that differs", () => {
  const changed = { ...stored(0), source: "other" };
  const finding = ledgerOf(3).judge([changed, stored(1), stored(1), stored(9)]);
  const { missing, twice, unsent, different } = finding;
  assert.deepEqual(
    { missing, twice, unsent, different },
    { missing: 1, twice: 1, unsent: 1, different: 1 },
  );
});

test("lets a report that was offered and not acknowledged be stored, or not", () => {
  const ledger = ledgerOf(1);
  ledger.offered(reportOf(5));
  assert.equal(ledger.judge([stored(0)]).missing, 0);
  assert.equal(ledger.judge([stored(0), stored(5)]).unsent, 0);
  assert.equal(ledger.judge([stored(0), stored(5), stored(5)]).twice, 1);
});
