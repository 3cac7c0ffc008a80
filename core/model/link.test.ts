import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatLink, parseLink, type EdgeBacklog } from "./link.ts";

const whole = fc.integer({ min: 0, max: 999_999_999_999_999 });
const anyBacklog: fc.Arbitrary<EdgeBacklog> = fc.record(
  { reports: whole, bytes: whole, oldestAt: whole, drainMs: whole },
  { requiredKeys: ["reports", "bytes"], noNullPrototype: true },
);

test("what an edge says of its link is read as it was said", () => {
  fc.assert(
    fc.property(anyBacklog, (backlog) => {
      assert.deepEqual(parseLink(formatLink(backlog)), backlog);
    }),
    { seed: 8, numRuns: 200 },
  );
});

test("members of other names and other spacing are taken", () => {
  const read = parseLink("drain=42000,  backlog=1,bytes=2, temperature=21");
  assert.deepEqual(read, { reports: 1, bytes: 2, drainMs: 42_000 });
});

test("a value that is none is no value, and no error", () => {
  const strange = [
    "",
    "backlog=1",
    "backlog=1, bytes",
    "backlog=-1, bytes=2",
    "backlog=1; bytes=2",
    "backlog=1.5, bytes=2",
    "backlog=1234567890123456, bytes=2",
    "__proto__=1, backlog=1, bytes=2",
    `backlog=1, bytes=2, ${"x".repeat(200)}=1`,
  ];
  for (const text of strange) assert.equal(parseLink(text), undefined, text);
});
