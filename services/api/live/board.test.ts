import assert from "node:assert/strict";
import { test } from "node:test";
import { createBoard, type Board } from "./board.ts";
import { reportOf } from "./testing.ts";

const idsOf = (items: readonly string[]): string[] =>
  items.map((text) => {
    const item: unknown = JSON.parse(text);
    assert.ok(typeof item === "object" && item !== null && "asset" in item);
    return String(item.asset);
  });

function boardOf(count: number): Board {
  const board = createBoard({ assetsMax: 1_000 });
  for (let index = 0; index < count; index++) {
    const asset = `aircraft:${String(index).padStart(4, "0")}`;
    board.apply(reportOf({ asset, at: 1_000 + index, position: { lat: index % 90, lon: 178 } }));
  }
  return board;
}

test("pages by id without missing or repeating an asset", () => {
  const board = boardOf(25);
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = board.list({}, { after, limit: 10 });
    seen.push(...idsOf(page.items));
    after = page.next;
  } while (after !== undefined);
  assert.equal(seen.length, 25);
  assert.equal(new Set(seen).size, 25);
});

test("a page that ends exactly at the last asset has no next", () => {
  assert.equal(boardOf(10).list({}, { limit: 10 }).next, undefined);
});

test("a box may cross ±180°", () => {
  const board = boardOf(0);
  board.apply(
    reportOf({ asset: "ship:east", kind: "ship", at: 1, position: { lat: 0, lon: 179 } }),
  );
  board.apply(
    reportOf({ asset: "ship:west", kind: "ship", at: 1, position: { lat: 0, lon: -179 } }),
  );
  board.apply(reportOf({ asset: "ship:far", kind: "ship", at: 1, position: { lat: 0, lon: 0 } }));
  const box = { south: -1, north: 1, west: 178, east: -178 };
  const page = board.list({ box }, { limit: 10 });
  assert.deepEqual(idsOf(page.items), ["ship:east", "ship:west"]);
});

test("text is found in ids and in attributes, whatever the case", () => {
  const board = boardOf(3);
  board.apply(reportOf({ asset: "aircraft:0001", at: 5_000, attributes: { callsign: "QFA12" } }));
  assert.deepEqual(idsOf(board.list({ text: "qfa" }, { limit: 9 }).items), ["aircraft:0001"]);
  assert.deepEqual(idsOf(board.list({ text: "0002" }, { limit: 9 }).items), ["aircraft:0002"]);
});

test("changes come once each, oldest first, and never again", () => {
  const board = boardOf(5);
  const start = board.version();
  board.apply(reportOf({ asset: "aircraft:0003", at: 9_000 }));
  board.apply(reportOf({ asset: "aircraft:0001", at: 9_000 }));
  board.apply(reportOf({ asset: "aircraft:0003", at: 9_001 }));
  const changes = board.changedSince(start, {}, 100);
  assert.deepEqual(idsOf(changes.items), ["aircraft:0001", "aircraft:0003"]);
  assert.deepEqual(board.changedSince(changes.version, {}, 100).items, []);
});

test("changes beyond the limit come with the next asking", () => {
  const board = boardOf(5);
  const first = board.changedSince(0, {}, 3);
  const second = board.changedSince(first.version, {}, 3);
  assert.equal(first.items.length, 3);
  assert.equal(new Set(idsOf([...first.items, ...second.items])).size, 5);
});

test("at its bound the asset silent for longest goes", () => {
  const board = createBoard({ assetsMax: 2 });
  for (const [asset, at] of [
    ["ship:a", 1],
    ["ship:b", 2],
    ["ship:a", 3],
    ["ship:c", 4],
  ] as const) {
    board.apply(reportOf({ asset, kind: "ship", at }));
  }
  assert.deepEqual(idsOf(board.list({}, { limit: 9 }).items), ["ship:a", "ship:c"]);
});

test("a number stands for one asset, and its removal is known until it is long ago", () => {
  const board = createBoard({ assetsMax: 2 });
  const say = (asset: string, at: number) => board.apply(reportOf({ asset, kind: "ship", at }));
  say("ship:a", 1);
  say("ship:b", 2);
  const start = board.version();
  assert.deepEqual(board.removedSince(start), []);
  say("ship:c", 3);
  assert.deepEqual(board.removedSince(start), [0]);
  assert.equal(board.slotAt(0)?.state.asset, "ship:c");
  assert.equal(board.numbers(), 2);
  assert.deepEqual(board.removedSince(board.version()), []);
  for (let at = 4; at < 70_000; at++) say(`ship:${at}`, at);
  assert.equal(board.removedSince(start), undefined);
  assert.equal(board.numbers(), 2);
});

test("what changed is visited in the order of change, and nothing else is", () => {
  const board = boardOf(9);
  const start = board.version();
  for (const [asset, at] of [
    ["aircraft:0005", 9_000],
    ["aircraft:0008", 9_000],
    ["aircraft:0005", 9_001],
  ] as const) {
    board.apply(reportOf({ asset, at }));
  }
  const seen: string[] = [];
  board.eachChangedSince(start, ({ state }) => seen.push(state.asset));
  assert.deepEqual(seen, ["aircraft:0008", "aircraft:0005"]);
  let all = 0;
  board.each(() => all++);
  assert.equal(all, 9);
});

test("kinds are counted, whatever they are named", () => {
  const board = createBoard({ assetsMax: 10 });
  board.apply(reportOf({ asset: "constructor:a", kind: "constructor", at: 1 }));
  board.apply(reportOf({ asset: "constructor:b", kind: "constructor", at: 1 }));
  assert.deepEqual({ ...board.counts() }, { constructor: 2 });
});
