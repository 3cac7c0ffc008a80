import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { store } from "../state/store.ts";
import { addressOf, readAddress } from "./address.ts";
import type { Addressed } from "./address.ts";

const usual: Addressed = store.getInitialState();

test("the usual view has the plain address", () => {
  assert.equal(addressOf(usual, usual), "");
  const { view, filter, panel, selected, replay } = readAddress("", usual);
  assert.deepEqual(
    { view, filter, panel, selected, replay },
    {
      view: usual.view,
      filter: {},
      panel: undefined,
      selected: [],
      replay: undefined,
    },
  );
});

test("an address is readable and names what is shown", () => {
  const state: Addressed = {
    ...usual,
    view: { lat: -33.9461, lon: 151.1772, zoom: 9.5, bearing: 0, pitch: 0 },
    filter: { kinds: ["aircraft", "bus"], text: "qfa 12", altitudeM: [0, 3000] },
    panel: "asset",
    selected: ["aircraft:7c6b2d"],
    theme: "light",
  };
  assert.equal(
    addressOf(state, usual),
    "?at=-33.9461,151.1772,9.50,0,0&kind=aircraft,bus&q=qfa+12&alt=0~3000&panel=asset&sel=aircraft:7c6b2d&theme=light",
  );
});

const word = fc.stringMatching(/^[a-z0-9:-]{1,20}$/);
const range = fc
  .tuple(fc.integer({ min: -500, max: 20_000 }), fc.nat(5_000))
  .map(([from, by]): readonly [number, number] => [from, from + by]);
const views = fc.record({
  lat: fc.integer({ min: -850_000, max: 850_000 }).map((n) => n / 10_000),
  lon: fc.integer({ min: -1_800_000, max: 1_800_000 }).map((n) => n / 10_000),
  zoom: fc.integer({ min: 0, max: 2_200 }).map((n) => n / 100),
  bearing: fc.integer({ min: -180, max: 180 }),
  pitch: fc.integer({ min: 0, max: 60 }),
});
const filters = fc.record(
  {
    kinds: fc.array(word, { minLength: 1, maxLength: 4 }),
    text: fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }),
    altitudeM: range,
    speedMps: range,
    zone: word,
  },
  { requiredKeys: [], noNullPrototype: true },
);
const replays = fc
  .tuple(fc.integer({ min: 1, max: 1e12 }), fc.integer({ min: 1, max: 1e9 }), fc.nat(1_000))
  .map(([from, by, share]) => ({
    from,
    to: from + by,
    at: Math.round(from + (by * share) / 1_000),
    speed: 60,
    isPlaying: false,
  }));
const heats = { metric: word, from: fc.nat(), to: fc.constantFrom("now" as const, 5_000) };
const states: fc.Arbitrary<Addressed> = fc.record({
  view: views,
  filter: filters,
  panel: fc.constantFrom(undefined, "zones" as const, "heat" as const, "asset" as const),
  selected: fc.array(word, { maxLength: 5 }),
  followed: fc.option(word, { nil: undefined }),
  trails: fc.constantFrom("none" as const, "selected" as const, "all" as const),
  labels: fc.boolean(),
  ramp: fc.constantFrom("altitude" as const, "safe" as const),
  theme: fc.constantFrom("dark" as const, "light" as const, "system" as const),
  clock: fc.constantFrom("utc" as const, "local" as const),
  units: fc.constantFrom("metric" as const, "aviation" as const),
  hiddenZones: fc.array(word, { maxLength: 3 }),
  tiles: fc.constantFrom(undefined, "https://tiles.example.org/{z}/{x}/{y}.png", "/a.pmtiles"),
  replay: fc.option(replays, { nil: undefined }),
  heat: fc.option(fc.record(heats, { noNullPrototype: true }), { nil: undefined }),
});

test("whatever is shown, its address shows it again", () => {
  fc.assert(
    fc.property(states, (state) => {
      const again = readAddress(addressOf(state, usual), usual);
      assert.deepEqual({ ...again, view: undefined }, { ...state, view: undefined });
      for (const key of ["lat", "lon", "zoom", "bearing", "pitch"] as const) {
        assert.ok(Math.abs(again.view[key] - state.view[key]) < 1e-9, key);
      }
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("nonsense in an address is as usual", () => {
  const read = readAddress("?at=91,0,3&alt=5~1&panel=none&replay=2,1,1&heat=x&theme=pink", usual);
  assert.deepEqual({ ...read, selected: [] }, { ...readAddress("", usual), selected: [] });
});
