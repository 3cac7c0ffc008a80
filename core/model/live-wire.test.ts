import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fuzzRuns } from "./fuzz.ts";
import { LiveWireError, liveWireLimits, moverFlags, type Mover } from "./live-wire.ts";
import { decodeFrame } from "./live-wire-reader.ts";
import { createFrameWriter, encodeHello } from "./live-wire-writer.ts";
import { limits } from "./report.ts";

const baseMs = 1_700_000_000_000;
const ranged = (min: number, max: number, steps: number) =>
  fc.integer({ min: Math.ceil(min * steps), max: Math.floor(max * steps) }).map((n) => n / steps);
const maybe = (value: fc.Arbitrary<number>) => fc.oneof(value, fc.constant(Number.NaN));

const arbitraryMover: fc.Arbitrary<Mover> = fc
  .record({
    at: fc.integer({ min: 0, max: limits.atMs.max }),
    age: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1e9 })),
    hasPosition: fc.boolean(),
    lat: ranged(-90, 90, 1e7),
    lon: ranged(-180, 180, 1e7),
    altitudeM: maybe(ranged(limits.altitudeM.min, limits.altitudeM.max, 100)),
    speedMps: maybe(ranged(0, limits.speedMps.max, 100)),
    headingDeg: maybe(ranged(0, 360, 100)),
    climbMps: maybe(ranged(limits.climbMps.min, limits.climbMps.max, 100)),
    onGround: fc.boolean(),
    isSuspect: fc.boolean(),
  })
  .map(({ age, hasPosition, lat, lon, ...rest }) => ({
    ...rest,
    positionAt: hasPosition ? rest.at - age : Number.NaN,
    lat: hasPosition ? lat : Number.NaN,
    lon: hasPosition ? lon : Number.NaN,
  }));
const arbitraryNumber = fc.integer({ min: 0, max: liveWireLimits.movers - 1 });

test("what is written is what is read, at the stored resolution", () => {
  const writer = createFrameWriter({ bytesMax: 65_536 });
  const property = fc.property(
    fc.array(fc.tuple(arbitraryNumber, arbitraryMover), { maxLength: 20 }),
    fc.array(arbitraryNumber, { maxLength: 5 }),
    fc.array(fc.tuple(arbitraryNumber, fc.string({ maxLength: 60 })), { maxLength: 5 }),
    (movers, removed, introduced) => {
      writer.begin({ sentAt: baseMs + 5, baseMs });
      for (const number of removed) writer.remove(number);
      for (const [number, label] of introduced) writer.introduce(number, "ship:a", label);
      for (const [number, mover] of movers) writer.update(number, mover);
      const frame = decodeFrame(writer.finish({ type: "keyframe", isLast: true, version: 7 }));
      assert.ok(frame.type === "keyframe" && !frame.isFirst && frame.isLast);
      assert.equal(frame.version, 7);
      assert.equal(frame.sentAt, baseMs + 5);
      assert.deepEqual(frame.removed, removed);
      assert.deepEqual(
        frame.introduced.map(({ number, label }) => [number, label]),
        introduced.map(([number, label]) => [number, label.toWellFormed()]),
      );
      assert.equal(frame.updates.count, movers.length);
      const { updates } = frame;
      for (const [index, [number, mover]] of movers.entries()) {
        assert.equal(updates.number[index], number);
        for (const name of ["at", "positionAt", "lat", "lon"] as const) {
          assert.equal(updates[name][index], mover[name] + 0, name);
        }
        for (const name of ["altitudeM", "speedMps", "headingDeg", "climbMps"] as const) {
          assert.equal(updates[name][index], Math.fround(mover[name] + 0), name);
        }
        const flags =
          (mover.onGround ? moverFlags.onGround : 0) | (mover.isSuspect ? moverFlags.suspect : 0);
        assert.equal(updates.flags[index], flags);
      }
    },
  );
  fc.assert(property, { numRuns: fuzzRuns(200), seed: 51 });
});

test("no mover takes more than the room that a writer asks for", () => {
  const writer = createFrameWriter({ bytesMax: 0 });
  writer.begin({ sentAt: 0, baseMs: limits.atMs.max });
  assert.ok(writer.hasRoom());
  writer.introduce(liveWireLimits.movers - 1, "a".repeat(255), "ß".repeat(200));
  writer.update(liveWireLimits.movers - 1, {
    at: 1,
    positionAt: 0,
    lat: 90,
    lon: -180,
    altitudeM: -2e7,
    speedMps: limits.speedMps.max,
    headingDeg: 360,
    climbMps: limits.climbMps.min,
    onGround: true,
    isSuspect: true,
  });
  assert.ok(writer.sizeBytes() <= 32 + 6 + 512 + liveWireLimits.updateBytes);
});

test("a hello says who the server is", () => {
  const hello = { session: "s-1", resume: "s-1.abc", serverMs: 1_700_000_000_123 };
  assert.deepEqual(decodeFrame(encodeHello(hello)), { type: "hello", ...hello });
  assert.throws(() => encodeHello({ ...hello, session: "x".repeat(256) }), RangeError);
});

/** A frame of every item, to be damaged. */
function goodFrame(): Uint8Array {
  const writer = createFrameWriter({ bytesMax: 4_096 });
  writer.begin({ sentAt: baseMs, baseMs });
  writer.remove(300);
  const mover = { at: baseMs, positionAt: baseMs - 5, lat: -12.4, lon: 130.9, altitudeM: 9_000 };
  const more = { speedMps: 250, headingDeg: 90, climbMps: -3, onGround: false, isSuspect: false };
  for (let number = 0; number < 5; number++) {
    writer.introduce(number, `ship:${number}`, "Wave");
    writer.update(number, { ...mover, ...more });
  }
  return writer.finish({ type: "delta", version: 9 });
}

test("bytes that are no frame are refused by name, never otherwise", () => {
  const good = goodFrame();
  const refusedOrRead = (bytes: Uint8Array) => {
    try {
      const frame = decodeFrame(bytes);
      if (frame.type !== "hello") assert.ok(frame.updates.count * 3 <= bytes.length);
    } catch (error) {
      assert.ok(error instanceof LiveWireError, String(error));
    }
  };
  for (let length = 0; length < good.length; length++) {
    assert.throws(() => decodeFrame(good.subarray(0, length)), LiveWireError);
  }
  const damaged = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(damaged, (places) => {
      const bytes = good.slice();
      for (const [at, value] of places) bytes[at] = value;
      refusedOrRead(bytes);
    }),
    { numRuns: fuzzRuns(2_000), seed: 52 },
  );
  const head = fc.constantFrom([1, 1, 0, 0], [1, 2, 3, 0], [1, 3, 0, 0]);
  fc.assert(
    fc.property(head, fc.uint8Array({ maxLength: 200 }), (first, rest) => {
      refusedOrRead(Uint8Array.from([...first, ...rest]));
    }),
    { numRuns: fuzzRuns(2_000), seed: 53 },
  );
});

test("a count that cannot be, and a frame beyond the limit, take no memory", () => {
  const bytes = goodFrame();
  new DataView(bytes.buffer).setUint32(28, 0xffff_ffff, true);
  assert.throws(() => decodeFrame(bytes), /more than fit/);
  assert.throws(() => decodeFrame(new Uint8Array(liveWireLimits.frameBytes + 1)), /the limit is/);
});
