import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { eventId, sha256 } from "./event-id.ts";

test("the digest is SHA-256 for every length around a block", () => {
  for (const length of [0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1_000]) {
    const message = Uint8Array.from({ length }, (_, at) => (at * 31 + length) & 255);
    const hex = Array.from(sha256(message), (word) => word.toString(16).padStart(8, "0")).join("");
    assert.equal(hex, createHash("sha256").update(message).digest("hex"), `length ${length}`);
  }
});

test("an id is 32 hexadecimal digits and depends on each part", () => {
  const id = eventId("aircraft:7c6b2d", "harbour", "entered", 1_700_000_000_000);
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(id, eventId("aircraft:7c6b2d", "harbour", "entered", 1_700_000_000_000));
  assert.notEqual(id, eventId("aircraft:7c6b2d", "harbour", "left", 1_700_000_000_000));
  assert.notEqual(id, eventId("aircraft:7c6b2d", "harbour", "entered", 1_700_000_000_001));
});

test("the id is the digest's first half", () => {
  const parts = ["aircraft:7c6b2d", "Näher\u2028 “heran”", -1.5];
  const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  assert.equal(eventId(...parts), hex.slice(0, 32));
});
