import assert from "node:assert/strict";
import { test } from "node:test";
import { splitSpec } from "./kind.ts";
import { prepareSources, sourceKinds } from "./registry.ts";

const mistakesOf = (...specs: Parameters<typeof prepareSources>[0]): readonly string[] => {
  try {
    prepareSources(specs);
  } catch (error) {
    assert(error instanceof Error && error.name === "SourceSpecError" && "mistakes" in error);
    assert(Array.isArray(error.mistakes));
    return error.mistakes.map(String);
  }
  return [];
};

test("a spec of the command line is read by its kind and named after it", () => {
  const prepared = prepareSources([
    "opensky=45.8389,5.9962,47.8229,10.5226",
    "readsb=http://127.0.0.1/data/aircraft.json",
    "readsb=http://10.0.0.2/?box=-36,-35,138,139&jv2#intervalMs=2000",
    "readsb=/run/readsb/aircraft.json",
    "sbs=10.0.0.2:30003?zone=+10:30",
    "sbs=[::1]:30003",
    "sbs=receiver",
    "replay=track.csv?speed=10&loop=true&retime=true",
    { kind: "replay", name: "birds", file: "odd?name.csv" },
  ]);
  assert.deepEqual(
    prepared.map(({ name }) => name),
    ["opensky", "readsb", "readsb-2", "readsb-3", "sbs", "sbs-2", "sbs-3", "replay", "birds"],
  );
});

test("every mistake of every spec is told at once", () => {
  const mistakes = mistakesOf(
    "nothing=x",
    "opensky=1,2,3",
    "opensky=50,5,40,10",
    "sbs=host:99999?zone=Adelaide",
    "replay=x?speed=0&lop=true",
    "replay=x?retime=false&loop=true",
    { kind: "readsb", name: "Not A Name", from: "x" },
    "readsb=x#intervalMs=1",
  );
  for (const part of [
    /source 1: kind "nothing" is none of .*opensky/,
    /source 2: opensky: box "1,2,3"/,
    /source 3: opensky: boxes\.0: lamin must be below lamax/,
    /source 4: sbs: port: /,
    /source 4: sbs: zone: must be auto, receive, utc or ±HH:MM/,
    /source 5: replay: speed: /,
    /source 5: replay: options: Unrecognized key: "lop"/,
    /source 6: replay: loop: loop needs retime/,
    /source 7: name: must be/,
    /source 8: readsb: intervalMs: /,
  ]) {
    assert(
      mistakes.some((mistake) => part.test(mistake)),
      `${part.source} in ${mistakes.join("\n")}`,
    );
  }
});

test("two sources on one account are a mistake, as is a name used twice", () => {
  const [mistake] = mistakesOf("opensky=0,0,5,5", "opensky=5,5,10,10");
  assert.match(mistake ?? "", /opensky: one per edge; put both into one/);
  const twice = { kind: "readsb", name: "roof", from: "a" };
  assert.match(mistakesOf(twice, twice)[0] ?? "", /name "roof" is taken/);
});

test("every kind says how it is written", () => {
  for (const [name, kind] of Object.entries(sourceKinds))
    assert(kind.usage.startsWith(`${name}=`), name);
});

test("options stand behind the last mark that a name follows", () => {
  assert.deepEqual(splitSpec("a?b.csv?speed=1.5&loop=true&format=csv"), {
    target: "a?b.csv",
    options: { speed: 1.5, loop: true, format: "csv" },
  });
  assert.deepEqual(splitSpec("what?.csv"), { target: "what?.csv", options: {} });
  assert.throws(() => splitSpec("f?speed=1&speed=2"), /given twice/);
});
