import assert from "node:assert/strict";
import { test } from "node:test";
import { altitudeRamps, colorAt, gradientOf, heatRamp, moverColor } from "./ramps.ts";
import type { Rgb } from "./ramps.ts";

/** Relative luminance (WCAG 2.2). */
function luminance(color: Rgb): number {
  const [r = 0, g = 0, b = 0] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test("the ends hold beyond them, and between stops colours are mixed", () => {
  const ramp = {
    stops: [
      [0, [0, 0, 0]],
      [10, [100, 200, 50]],
    ],
  } as const;
  assert.deepEqual(colorAt(ramp, -5), [0, 0, 0]);
  assert.deepEqual(colorAt(ramp, 5), [50, 100, 25]);
  assert.deepEqual(colorAt(ramp, 99), [100, 200, 50]);
});

test("the safe ramp and the heat ramp are told apart by lightness alone", () => {
  for (const [ramp, direction] of [
    [altitudeRamps.safe, -1],
    [heatRamp, 1],
  ] as const) {
    const lights = ramp.stops.map(([, color]) => luminance(color));
    for (const [i, light] of lights.entries()) {
      if (i > 0) assert.ok((light - (lights[i - 1] ?? 0)) * direction > 0.03, `stop ${i}`);
    }
  }
});

test("every altitude colour stands out from the dark ground by 3 to 1", () => {
  const ground = luminance([22, 33, 42]);
  for (const { stops } of Object.values(altitudeRamps)) {
    for (const [value, color] of stops) {
      const contrast = (luminance(color) + 0.05) / (ground + 0.05);
      assert.ok(contrast >= 3, `${value} m: ${contrast.toFixed(1)}`);
    }
  }
});

test("what flies is coloured by altitude, what does not by kind, what stands on the ground grey", () => {
  const ramp = altitudeRamps.altitude;
  const high = { kind: "aircraft", altitudeM: 12_500, isOnGround: false };
  assert.deepEqual(moverColor(ramp, high), colorAt(ramp, 12_500));
  const station = { kind: "station", altitudeM: 200, isOnGround: false };
  assert.deepEqual(moverColor(ramp, station), moverColor(ramp, { ...station, altitudeM: 900 }));
  const [r, g, b] = moverColor(ramp, { ...high, isOnGround: true });
  assert.ok(Math.max(r, g, b) - Math.min(r, g, b) < 40);
});

test("a legend's gradient has its stops where the values are", () => {
  const stops = [
    [0, [0, 0, 0]],
    [50, [1, 2, 3]],
    [200, [9, 9, 9]],
  ] as const;
  assert.equal(
    gradientOf({ stops }),
    "linear-gradient(90deg, rgb(0 0 0) 0%, rgb(1 2 3) 25%, rgb(9 9 9) 100%)",
  );
});
