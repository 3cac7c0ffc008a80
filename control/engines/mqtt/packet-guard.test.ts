import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { createPacketGuard, PacketSizeError } from "./packet-guard.ts";

/** MQTT 3.1.1 §2.2.3: seven bits a byte, the lowest first. */
function packetOf(length: number): number[] {
  const bytes = [0x30];
  let left = length;
  do {
    bytes.push((left & 0x7f) | (left > 127 ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return [...bytes, ...Array.from({ length }, () => 0xff)];
}

test("passes packets up to the bound however the stream is cut, and none above it", () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 12 });
  const cuts = fc.integer({ min: 1, max: 97 });
  fc.assert(
    fc.property(lengths, cuts, (sizes, cut) => {
      const bytes = Uint8Array.from(sizes.flatMap(packetOf));
      const guard = createPacketGuard(200);
      const feed = () => {
        for (let at = 0; at < bytes.length; at += cut) guard(bytes.subarray(at, at + cut));
      };
      if (sizes.some((size) => size > 200)) assert.throws(feed, PacketSizeError);
      else feed();
    }),
    { seed: 20_261_121, numRuns: fuzzRuns(200) },
  );
});

test("refuses a length of more than four bytes", () => {
  const guard = createPacketGuard(1 << 30);
  assert.throws(
    () => guard(Uint8Array.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f])),
    PacketSizeError,
  );
});
