import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { listWindow, scrollToRow } from "./virtual-window.ts";

const view = { count: 10_000, rowPx: 30, scrollPx: 0, viewPx: 300, beyond: 5 };

test("draws what is in view and a few rows around it", () => {
  assert.deepEqual(listWindow(view), { first: 0, end: 15, abovePx: 0, belowPx: 299_550 });
  const middle = listWindow({ ...view, scrollPx: 3_010 });
  assert.deepEqual([middle.first, middle.end], [95, 116]);
  const end = listWindow({ ...view, scrollPx: 1e9 });
  assert.deepEqual([end.first, end.end, end.belowPx], [9_985, 10_000, 0]);
  assert.deepEqual(listWindow({ ...view, count: 0 }), {
    first: 0,
    end: 0,
    abovePx: 0,
    belowPx: 0,
  });
});

test("whatever is drawn, the list keeps its height and no visible row is missing", () => {
  const views = fc.record({
    count: fc.nat(20_000),
    rowPx: fc.integer({ min: 16, max: 60 }),
    scrollPx: fc.integer({ min: -500, max: 700_000 }),
    viewPx: fc.integer({ min: 0, max: 2_000 }),
    beyond: fc.nat(10),
  });
  fc.assert(
    fc.property(views, (one) => {
      const { first, end, abovePx, belowPx } = listWindow(one);
      assert.equal(abovePx + (end - first) * one.rowPx + belowPx, one.count * one.rowPx);
      const top = Math.max(0, Math.min(one.scrollPx, one.count * one.rowPx - one.viewPx));
      assert.ok(abovePx <= top);
      assert.ok(end === one.count || end * one.rowPx >= top + one.viewPx);
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("scrolls no further than needed to show a row", () => {
  assert.equal(scrollToRow({ ...view, scrollPx: 600 }, 10), 300);
  assert.equal(scrollToRow({ ...view, scrollPx: 600 }, 25), 600);
  assert.equal(scrollToRow({ ...view, scrollPx: 600 }, 40), 930);
});
