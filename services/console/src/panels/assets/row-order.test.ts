import assert from "node:assert/strict";
import { test } from "node:test";
import { MoverTable } from "../../live/movers.ts";
import { isEmptyFilter } from "./matches.ts";
import { rowsOf, type RowChoice } from "./row-order.ts";

interface Mover {
  readonly asset: string;
  readonly label: string;
  readonly altitudeM?: number;
  readonly speedMps?: number;
  readonly at?: number;
}

const kinds = ["aircraft", "station"];

function tableOf(list: readonly Mover[]): MoverTable {
  const table = new MoverTable();
  const column = (read: (one: Mover) => number | undefined) =>
    Float32Array.from(list, (one) => read(one) ?? Number.NaN);
  table.apply({
    slots: Uint32Array.from(list.keys()),
    at: Float64Array.from(list, (one) => one.at ?? 0),
    lon: new Float64Array(list.length),
    lat: new Float64Array(list.length),
    altitudeM: column((one) => one.altitudeM),
    speedMps: column((one) => one.speedMps),
    headingDeg: column(() => undefined),
    climbMps: column(() => undefined),
    kind: Uint8Array.from(list, (one) => kinds.findIndex((kind) => one.asset.startsWith(kind))),
    flags: new Uint8Array(list.length),
    named: list.map((one, slot) => [slot, one.asset, one.label]),
    removed: [],
    kinds,
  });
  return table;
}

const movers = tableOf([
  { asset: "aircraft:a", label: "QFA9", altitudeM: 9_000, speedMps: 240, at: 30 },
  { asset: "aircraft:b", label: "jst12", altitudeM: 1_000, speedMps: 90, at: 10 },
  { asset: "station:c", label: "Wirrabilla", at: 20 },
]);
const all: RowChoice = { filter: {}, sort: "name", isDescending: false };
const labels = (choice: Partial<RowChoice>) =>
  rowsOf(movers, { ...all, ...choice }).map((slot) => movers.labels[slot]);

test("rows are sorted by what is asked for, the unknown last either way", () => {
  assert.deepEqual(labels({}), ["jst12", "QFA9", "Wirrabilla"]);
  assert.deepEqual(labels({ isDescending: true }), ["Wirrabilla", "QFA9", "jst12"]);
  assert.deepEqual(labels({ sort: "altitude" }), ["jst12", "QFA9", "Wirrabilla"]);
  assert.deepEqual(labels({ sort: "altitude", isDescending: true }), [
    "QFA9",
    "jst12",
    "Wirrabilla",
  ]);
  assert.deepEqual(labels({ sort: "age" }), ["QFA9", "Wirrabilla", "jst12"]);
  assert.deepEqual(labels({ sort: "kind", isDescending: true })[0], "Wirrabilla");
});

test("a filter leaves what passes all of it", () => {
  assert.deepEqual(labels({ filter: { kinds: ["station"] } }), ["Wirrabilla"]);
  assert.deepEqual(labels({ filter: { text: "qfa" } }), ["QFA9"]);
  assert.deepEqual(labels({ filter: { text: "aircraft:b" } }), ["jst12"]);
  assert.deepEqual(labels({ filter: { altitudeM: [0, 2_000] } }), ["jst12"]);
  assert.deepEqual(labels({ filter: { speedMps: [100, 300], kinds: ["aircraft"] } }), ["QFA9"]);
  assert.deepEqual(labels({ filter: { zone: "z" }, inside: new Set(["station:c"]) }), [
    "Wirrabilla",
  ]);
  assert.equal(labels({ filter: { zone: "z" } }).length, 3);
  assert.equal(isEmptyFilter({}), true);
  assert.equal(isEmptyFilter({ text: "a" }), false);
});

test("ten thousand rows come in order", () => {
  const many = tableOf(
    Array.from({ length: 10_000 }, (_, index) => ({
      asset: `aircraft:${index}`,
      label: `F${(index * 7_919) % 10_000}`,
      altitudeM: (index * 31) % 12_000,
    })),
  );
  const rows = rowsOf(many, { ...all, sort: "altitude" });
  assert.equal(rows.length, 10_000);
  const altitudes = rows.map((slot) => many.columns.altitudeM[slot] ?? 0);
  assert.ok(altitudes.every((one, index) => index === 0 || (altitudes[index - 1] ?? 0) <= one));
});
