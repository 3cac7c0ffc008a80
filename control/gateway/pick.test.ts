import assert from "node:assert/strict";
import { test } from "node:test";
import { mayRetry, pickCopy } from "./pick.ts";
import type { CopyHealth } from "./pick.ts";

const copies = ["a", "b", "c"].map((instance) => ({ instance, host: "127.0.0.1", port: 1 }));
const pick = (health: Record<string, CopyHealth>, turn: number, tried: string[] = []) =>
  pickCopy(copies, (instance) => health[instance] ?? "unknown", turn, tried)?.instance;

test("ready copies take turns", () => {
  const health = { a: "ready", b: "unready", c: "ready" } as const;
  assert.deepEqual(
    [0, 1, 2, 3].map((turn) => pick(health, turn)),
    ["a", "c", "a", "c"],
  );
});

test("a copy that wants no work gets none while another is ready, nor when none is", () => {
  assert.equal(pick({ a: "unready", b: "ready", c: "unready" }, 5), "b");
  assert.equal(pick({ a: "unready", b: "unready", c: "unready" }, 0), undefined);
});

test("an unknown copy is tried only where none is ready", () => {
  assert.equal(pick({ a: "unready", b: "unknown", c: "ready" }, 0), "c");
  assert.equal(pick({ a: "unready", b: "unknown", c: "unready" }, 0), "b");
});

test("a copy that failed a request does not get it again", () => {
  assert.equal(pick({ a: "ready", b: "ready", c: "unready" }, 0, ["a"]), "b");
  assert.equal(pick({ a: "ready", b: "unready", c: "unready" }, 0, ["a"]), undefined);
});

test("only what was not sent, or may be repeated unseen, is tried once more", () => {
  const refused = { kind: "refused", detail: "" } as const;
  const broken = { kind: "broken", hasBegun: false, detail: "" } as const;
  assert.equal(mayRetry("POST", 1, refused), true);
  assert.equal(mayRetry("POST", 2, refused), false);
  assert.equal(mayRetry("GET", 1, broken), true);
  assert.equal(mayRetry("POST", 1, broken), false);
  assert.equal(mayRetry("GET", 1, { ...broken, hasBegun: true }), false);
  assert.equal(mayRetry("GET", 1, { kind: "timeout", hasBegun: false, detail: "" }), false);
});
