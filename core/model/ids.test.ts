import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { fuzzRuns } from "./fuzz.ts";
import { arbitraryKind, arbitraryUnit } from "./arbitrary.ts";
import { isAssetId, isEdgeId, kindOf, toAssetId } from "./ids.ts";

describe("asset ids", () => {
  it("have one canonical spelling", () => {
    for (const id of ["aircraft:7c6b2d", "aircraft:~2a3f", "station:wave-hill-07", "a:b"]) {
      assert(isAssetId(id), id);
    }
    const bad = ["", "aircraft", "aircraft:", ":x", "Aircraft:x", "a:X", "1a:x", "a: x", "a:x:y"];
    for (const id of [...bad, "a:x\n", `${"a".repeat(33)}:x`, `a:${"x".repeat(65)}`]) {
      assert(!isAssetId(id), id);
    }
  });

  it("come from any device's name that holds a letter or a digit", () => {
    assert.equal(toAssetId("station", " Wave Hill #07 "), "station:wave-hill--07");
    assert.equal(toAssetId("aircraft", "~2A3F"), "aircraft:~2a3f");
    assert.throws(() => toAssetId("station", "###"), /is not kind:id/);
    assert.throws(() => toAssetId("Station", "x"), RangeError);
    const property = fc.property(
      arbitraryKind,
      fc.string({ unit: arbitraryUnit }),
      (kind, name) => {
        const id = toAssetId(kind, `x${name}`);
        assert(isAssetId(id));
        assert.equal(kindOf(id), kind);
        assert.equal(toAssetId(kind, id.slice(kind.length + 1)), id);
      },
    );
    fc.assert(property, { numRuns: fuzzRuns(200), seed: 1 });
  });
});

describe("edge ids", () => {
  it("are 1 to 64 characters that need no escaping anywhere", () => {
    for (const id of ["e", "edge-darwin", "7.a_b", "x".repeat(64)]) assert(isEdgeId(id), id);
    for (const id of ["", "-a", "Edge", "a b", "a:b", "a\n", "x".repeat(65)]) {
      assert(!isEdgeId(id), id);
    }
  });
});
