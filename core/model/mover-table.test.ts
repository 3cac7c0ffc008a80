import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fuzzRuns } from "./fuzz.ts";
import type { LiveFrame, Mover } from "./live-wire.ts";
import { decodeFrame } from "./live-wire-reader.ts";
import { createFrameWriter, encodeHello } from "./live-wire-writer.ts";
import { createMoverTable, type MoverTable } from "./mover-table.ts";

const baseMs = 1_700_000_000_000;
const moverAt = (at: number, lon = 0): Mover => ({
  at,
  positionAt: at,
  lat: 1,
  lon,
  altitudeM: Number.NaN,
  speedMps: 5,
  headingDeg: Number.NaN,
  climbMps: Number.NaN,
  onGround: false,
  isSuspect: false,
});

const hello = (session: string): LiveFrame =>
  decodeFrame(encodeHello({ session, resume: "", serverMs: baseMs }));

type Said = { readonly asset: string; readonly at: number; readonly number: number };

/** A frame that introduces and tells all of `said`. */
function frameOf(
  said: readonly Said[],
  options: { removed?: readonly number[]; isFirst?: boolean; isLast?: boolean } = {},
): LiveFrame {
  const { removed = [], isFirst = false, isLast = false } = options;
  const writer = createFrameWriter({ bytesMax: 65_536 });
  writer.begin({ sentAt: baseMs, baseMs });
  for (const number of removed) writer.remove(number);
  for (const { asset, at, number } of said) {
    writer.introduce(number, asset, "");
    writer.update(number, moverAt(at));
  }
  const type = isFirst || isLast ? "keyframe" : "delta";
  return decodeFrame(writer.finish({ type, isFirst, isLast, version: 1 }));
}

function contentOf(table: MoverTable): Record<string, number> {
  const content: Record<string, number> = {};
  for (let slot = 0; slot < table.size; slot++) {
    const asset = table.assetAt(slot);
    if (asset === undefined) {
      assert.ok(Number.isNaN(table.lat[slot]) && Number.isNaN(table.at[slot]));
      continue;
    }
    assert.equal(table.slotOf(asset), slot);
    content[asset] = table.at[slot] ?? Number.NaN;
  }
  assert.equal(Object.keys(content).length, table.count);
  return content;
}

test("a mover keeps its slot, and a slot that became free is used again", () => {
  const table = createMoverTable();
  table.apply(
    frameOf([
      { asset: "ship:a", at: 1, number: 70 },
      { asset: "bird:b", at: 2, number: 9 },
    ]),
  );
  assert.deepEqual(table.apply(frameOf([], { removed: [70] })), [0]);
  assert.equal(table.assetAt(0), undefined);
  assert.deepEqual(table.apply(frameOf([{ asset: "bird:c", at: 3, number: 70 }])), [0]);
  assert.equal(table.slotOf("bird:b"), 1);
  assert.equal(table.kinds[table.kind[0] ?? 0], "bird");
  assert.equal(table.label(0), "c");
  assert.equal(table.count, 2);
});

test("grows beyond its first columns, and refuses what is beyond its bound", () => {
  const table = createMoverTable({ moversMax: 3_000 });
  for (let from = 0; from < 5_000; from += 500) {
    const said = Array.from({ length: 500 }, (_, index) => ({
      asset: `ship:${from + index}`,
      at: from + index,
      number: from + index,
    }));
    table.apply(frameOf(said));
  }
  assert.equal(table.count, 3_000);
  assert.equal(table.at[2_999], 2_999);
  assert.ok(Number.isNaN(table.lat[3_500] ?? Number.NaN));
});

test("another server's numbers mean other assets, and its keyframe replaces what was shown", () => {
  const table = createMoverTable();
  table.apply(hello("one"));
  table.apply(
    frameOf([
      { asset: "ship:a", at: 1, number: 1 },
      { asset: "ship:b", at: 1, number: 2 },
    ]),
  );
  table.apply(hello("two"));
  assert.equal(table.count, 2);
  table.apply(frameOf([{ asset: "ship:c", at: 5, number: 1 }], { isFirst: true }));
  assert.deepEqual(contentOf(table), { "ship:a": 1, "ship:b": 1, "ship:c": 5 });
  table.apply(frameOf([{ asset: "ship:b", at: 6, number: 7 }], { isLast: true }));
  assert.deepEqual(contentOf(table), { "ship:b": 6, "ship:c": 5 });
  assert.equal(table.clear().length, 2);
  assert.equal(table.count, 0);
});

// The server of this test numbers assets, uses numbers again, and repeats everything in keyframes of
// one or more parts. A client that misses any deltas is right again after the next keyframe.
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("say" as const), asset: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drop" as const), asset: fc.nat(12) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("keyframe" as const), parts: fc.nat(3) }) },
);

test("after a keyframe the table is the server's state, whatever deltas were missed before", () => {
  const property = fc.property(
    fc.array(fc.tuple(step, fc.boolean()), { maxLength: 60, size: "max" }),
    (steps) => {
      const state = new Map<string, Said>();
      const table = createMoverTable();
      const free: number[] = [];
      let at = 1;
      let hasMissed = false;
      const say = (frame: LiveFrame, isMissed: boolean) => {
        hasMissed ||= isMissed;
        if (!isMissed) table.apply(frame);
      };
      for (const [one, isMissed] of steps) {
        if (one.kind === "keyframe") {
          const all = [...state.values()];
          const size = Math.ceil(all.length / (one.parts + 1));
          for (let part = 0; part <= one.parts; part++) {
            const some = all.slice(part * size, (part + 1) * size);
            say(frameOf(some, { isFirst: part === 0, isLast: part === one.parts }), false);
          }
          hasMissed = false;
        } else if (one.kind === "drop") {
          const gone = state.get(`ship:${one.asset}`);
          if (!gone) continue;
          state.delete(gone.asset);
          free.push(gone.number);
          say(frameOf([], { removed: [gone.number] }), isMissed);
        } else {
          const asset = `ship:${one.asset}`;
          const number = state.get(asset)?.number ?? free.pop() ?? state.size;
          const said = { asset, at: at++, number };
          state.set(asset, said);
          say(frameOf([said]), isMissed);
        }
        const expected = Object.fromEntries([...state].map(([asset, said]) => [asset, said.at]));
        if (!hasMissed) assert.deepEqual(contentOf(table), expected);
        else contentOf(table);
      }
    },
  );
  fc.assert(property, { numRuns: fuzzRuns(200), seed: 54 });
});
