import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { AssetWatch } from "./asset-watch.ts";
import { decodeNotes, encodeNotes } from "./notes.ts";

const watchOf = (at: number, edge = "edge-1"): AssetWatch => ({
  at,
  lagMs: 5,
  edge,
  rules: { at, lagMs: 5, gaps: [1, 2], place: [1.5, 2.5], rules: { r: { version: 1, bits: 1 } } },
});

test("states are read back as they were", () => {
  const assets = new Map([
    ["station:a", watchOf(1_800_000_000_000)],
    ["station:b", watchOf(1)],
  ]);
  const { bytes, dropped } = encodeNotes(assets);
  assert.deepEqual(dropped, []);
  assert.deepEqual(decodeNotes(bytes), assets);
});

test("what is not ours is told apart from nothing", () => {
  assert.equal(decodeNotes(Buffer.from("something else")), undefined);
  assert.equal(decodeNotes(encodeNotes(new Map()).bytes.slice(0, 5)), undefined);
});

test("beyond the bound those heard of least lately are dropped, and no more than needed", () => {
  // Names that do not compress.
  const assets = new Map(
    Array.from({ length: 400 }, (_, index) => [
      `station:${index}`,
      watchOf(index, randomBytes(32).toString("hex")),
    ]),
  );
  const whole = encodeNotes(assets).bytes.length;
  const { bytes, dropped } = encodeNotes(assets, Math.floor(whole / 2));
  assert.ok(bytes.length <= whole / 2);
  const kept = decodeNotes(bytes);
  assert.ok(kept !== undefined && kept.size > 150 && kept.size < 220, `${kept?.size} kept`);
  assert.equal(kept.size + dropped.length, 400);
  assert.ok(kept.has("station:399") && dropped.includes("station:0"));
});
