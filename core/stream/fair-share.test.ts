import assert from "node:assert/strict";
import { test } from "node:test";
import {
  array,
  assert as assertProperty,
  constantFrom,
  integer,
  property,
  tuple,
} from "fast-check";
import { nextShare } from "./fair-share.ts";

const names = ["a", "b", "c", "d", "e"];

test("any starting point ends, in two rounds, in shares that differ by at most one", () => {
  const starts = tuple(
    integer({ min: 1, max: 5 }),
    array(constantFrom(...names, undefined), { minLength: 1, maxLength: 25 }),
  );
  const check = property(starts, ([living, owners]) => {
    const members = names.slice(0, living);
    const holdings = owners.map((owner, partition) => ({ partition, owner }));
    for (let round = 0; round < 2; round++) {
      for (const member of members) {
        const { take, give } = nextShare(member, members, holdings);
        for (const partition of give) holdings[partition] = { partition, owner: undefined };
        for (const partition of take) {
          const owner = holdings[partition]?.owner;
          assert.ok(owner === undefined || !members.includes(owner), "taken from the living");
          holdings[partition] = { partition, owner: member };
        }
      }
    }
    const least = Math.floor(holdings.length / living);
    for (const [place, member] of members.entries()) {
      const held = holdings.filter(({ owner }) => owner === member).length;
      assert.equal(held, least + (place < holdings.length % living ? 1 : 0));
      assert.deepEqual(nextShare(member, members, holdings), { take: [], give: [] });
    }
  });
  assertProperty(check, { numRuns: 200, seed: 5 });
});

test("somebody who is not a member takes and gives nothing", () => {
  assert.deepEqual(nextShare("z", ["a"], [{ partition: 0, owner: "z" }]), { take: [], give: [] });
});
