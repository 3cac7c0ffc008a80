import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { takeLock } from "./lock.ts";

test("a lock is held once and can be taken again after its release", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "drover-lock-"));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, "run", "lock.db");
  const first = takeLock(path);
  assert.throws(() => takeLock(path), { name: "LockedError", path });
  first[Symbol.dispose]();
  using second = takeLock(path);
  assert.ok(second);
});
