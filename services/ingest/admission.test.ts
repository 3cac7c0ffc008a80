import assert from "node:assert/strict";
import { it } from "node:test";
import { Problem } from "@drover/core/service/problem";
import { createAdmission } from "./admission.ts";

const isAskedToWait = (error: unknown) => {
  assert(error instanceof Problem);
  assert.equal(error.facts.status, 429);
  assert.equal(error.facts.headers?.["retry-after"], "1");
  return true;
};

it("turns requests away beyond either bound and lets them in again afterwards", () => {
  const admission = createAdmission({ bytesMax: 100, requestsMax: 2 });
  const first = admission.enter(60);
  assert.throws(() => admission.enter(41), isAskedToWait);
  const second = admission.enter(40);
  assert.throws(() => admission.enter(0), isAskedToWait);
  first.release();
  first.release();
  assert.deepEqual(admission.inFlight(), { bytes: 40, requests: 1 });
  admission.enter(60).release();
  second.release();
  assert.deepEqual(admission.inFlight(), { bytes: 0, requests: 0 });
});

it("lets one request in alone, however large", () => {
  const admission = createAdmission({ bytesMax: 100, requestsMax: 2 });
  const large = admission.enter(1_000);
  assert.throws(() => admission.enter(1), isAskedToWait);
  large.release();
});

it("counts what came up while working until it is given back", () => {
  const admission = createAdmission({ bytesMax: 100, requestsMax: 9 });
  const place = admission.enter(10);
  place.grow(85);
  assert.throws(() => admission.enter(10), isAskedToWait);
  place.release();
  place.grow(85);
  assert.deepEqual(admission.inFlight(), { bytes: 0, requests: 0 });
});
