import assert from "node:assert/strict";
import { test } from "node:test";
import type { Zone } from "@drover/core/model/zone";
import { changedParts, formOf, inputOf } from "./zone-form.ts";

const circle = { type: "circle" as const, center: [131, -12] as [number, number], radiusM: 5_000 };
const zone: Zone = {
  id: "darwin",
  name: "Darwin",
  color: "#d6553f",
  shape: circle,
  floorM: 0,
  ceilingM: 3_000,
  schedule: {
    timeZone: "Australia/Darwin",
    windows: [{ days: [1, 7], from: "22:00", to: "06:00" }],
  },
  applies: { kinds: ["aircraft"], assets: ["aircraft:7c6b2d"] },
  confirmation: { fixes: 3, enterDwellMs: 10_000, exitDwellMs: 60_000 },
  dwellMs: 600_000,
  alert: { on: ["entered"], severity: "critical" },
  isEnabled: true,
  version: 4,
  validFrom: 1,
};

test("a zone that goes through its form comes out as it was", () => {
  const result = inputOf(formOf(zone, "UTC", "#000000"), zone.shape);
  assert.equal(result.kind, "zone");
  const { id: _id, version: _version, validFrom: _from, ...input } = zone;
  assert.deepEqual(result.kind === "zone" && JSON.parse(JSON.stringify(result.input)), input);
});

test("what a new form does not say is not in its zone", () => {
  const form = { ...formOf(undefined, "UTC", "#2fa8b5"), name: "Home" };
  const result = inputOf(form, circle);
  assert.deepEqual(result.kind === "zone" && JSON.parse(JSON.stringify(result.input)), {
    name: "Home",
    color: "#2fa8b5",
    shape: circle,
    isEnabled: true,
  });
});

test("mistakes are told by field, in words", () => {
  const form = { ...formOf(zone, "UTC", "#000000"), name: " ", floorM: 4_000, assets: "Not An Id" };
  const result = inputOf(form, undefined);
  assert.ok(result.kind === "mistakes");
  assert.equal(result.mistakes["name"], "Give it a name");
  assert.match(result.mistakes["shape"] ?? "", /Draw/);
  assert.match(result.mistakes["applies"] ?? "", /kind:id/);
  const upside = inputOf({ ...formOf(zone, "UTC", "#000000"), floorM: 4_000 }, circle);
  assert.ok(upside.kind === "mistakes" && upside.mistakes["floorM"] !== undefined);
});

test("versions differ in named parts", () => {
  assert.deepEqual(changedParts({ ...zone, name: "Other", floorM: 10 }, zone), ["name", "floor"]);
  assert.deepEqual(changedParts(zone, { ...zone, version: 3 }), []);
});
