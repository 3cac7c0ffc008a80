import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { seedCompileCache } from "./compile-cache.ts";

function places() {
  const folder = mkdtempSync(join(tmpdir(), "drover-cache-"));
  const made = join(folder, "node_modules", ".cache", "drover", "compile-cache");
  return {
    folder,
    made,
    cache: join(folder, "cache"),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

test("an absent cache is copied from the installation's, a present one is left alone", () => {
  using place = places();
  mkdirSync(place.made, { recursive: true });
  writeFileSync(join(place.made, "program"), "compiled");
  seedCompileCache(place.folder, place.cache);
  assert.equal(readFileSync(join(place.cache, "program"), "utf8"), "compiled");
  writeFileSync(join(place.made, "program"), "changed");
  seedCompileCache(place.folder, place.cache);
  assert.equal(readFileSync(join(place.cache, "program"), "utf8"), "compiled");
});

test("without one of the installation's nothing is made", () => {
  using place = places();
  seedCompileCache(place.folder, place.cache);
  assert.deepEqual(readdirSync(place.folder), []);
});
