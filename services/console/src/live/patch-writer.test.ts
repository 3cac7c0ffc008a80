import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyColumns } from "@drover/core/model/live-wire";
import type { MoversFrame } from "@drover/core/model/live-wire";
import { createMoverTable } from "@drover/core/model/mover-table";
import { MoverTable } from "./movers.ts";
import { PatchWriter } from "./patch-writer.ts";

interface Told {
  readonly number: number;
  readonly lon: number;
  readonly asset?: string;
}

function frameOf(told: readonly Told[], removed: readonly number[] = []): MoversFrame {
  const updates = emptyColumns(told.length);
  for (const [i, { number, lon }] of told.entries()) {
    updates.number[i] = number;
    updates.at[i] = 1_000 * (i + 1);
    updates.positionAt[i] = 1_000 * (i + 1);
    updates.lat[i] = 5;
    updates.lon[i] = lon;
  }
  const introduced = told.flatMap(({ number, asset }) =>
    asset === undefined ? [] : [{ number, asset, label: "" }],
  );
  const rest = { isFirst: false, isLast: false, sentAt: 1, version: 1 };
  return { type: "delta", ...rest, removed, introduced, updates };
}

test("the page's table becomes what the worker's is, over one buffer that goes to and fro", () => {
  const table = createMoverTable();
  const writer = new PatchWriter(table);
  const page = new MoverTable();
  const frames = [
    frameOf([
      { number: 1, lon: 10, asset: "bus:a" },
      { number: 2, lon: 20, asset: "bird:b" },
    ]),
    frameOf([{ number: 2, lon: 21 }]),
    frameOf([{ number: 3, lon: 30, asset: "bus:c" }], [1]),
  ];
  const buffers = new Set<ArrayBuffer>();
  for (const frame of frames) {
    const { patch, buffer } = writer.write(table.apply(frame));
    page.apply(patch);
    buffers.add(buffer);
    writer.giveBack(buffer);
  }
  assert.equal(buffers.size, 1);
  assert.equal(page.count, 2);
  assert.equal(page.slotOf("bus:a"), undefined);
  for (const asset of ["bird:b", "bus:c"]) {
    const slot = page.slotOf(asset) ?? -1;
    assert.equal(page.columns.lon[slot], asset === "bird:b" ? 21 : 30);
    assert.equal(page.kinds[page.columns.kind[slot] ?? 0], asset.split(":")[0]);
    assert.equal(page.labels[slot], asset.split(":")[1]);
  }
});

test("a name is told once, and again to a page that forgot", () => {
  const table = createMoverTable();
  const writer = new PatchWriter(table);
  const first = writer.write(table.apply(frameOf([{ number: 1, lon: 1, asset: "bus:a" }])));
  const second = writer.write(table.apply(frameOf([{ number: 1, lon: 2 }])));
  writer.forgetTold();
  const third = writer.write(table.apply(frameOf([{ number: 1, lon: 3 }])));
  assert.deepEqual(
    [first, second, third].map(({ patch }) => patch.named.length),
    [1, 0, 1],
  );
});

test("the page tells which slots changed, those that became free among them, and learns the cadence", () => {
  const table = createMoverTable();
  const writer = new PatchWriter(table);
  const page = new MoverTable();
  const heard: number[][] = [];
  page.listen((changed) => heard.push([...changed]));
  const told = { number: 1, lon: 1, asset: "bus:a" };
  page.apply(writer.write(table.apply(frameOf([told]))).patch);
  const later = frameOf([{ number: 1, lon: 1 }]);
  later.updates.at[0] = 9_000;
  later.updates.positionAt[0] = 9_000;
  page.apply(writer.write(table.apply(later)).patch);
  assert.equal(page.columns.cadenceMs[0], 8_000);
  page.apply(writer.write(table.apply(frameOf([], [1]))).patch);
  assert.deepEqual(heard, [[0], [0], [0]]);
  assert.equal(page.count, 0);
});
