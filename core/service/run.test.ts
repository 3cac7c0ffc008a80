import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { createFakeClock } from "./clock.ts";
import { createHealth } from "./health.ts";
import { silentLog } from "./log.ts";
import { exitWhenParentDies, run } from "./run.ts";

class FakeHost extends EventEmitter {
  exits: number[] = [];
  exitCode: number | undefined;
  ppid = 100;
  exit(code: number): void {
    this.exits.push(code);
  }
}

function setUp(parentPid?: number) {
  const clock = createFakeClock({ nowMs: 0 });
  const host = new FakeHost();
  const health = createHealth({ clock });
  const steps: string[] = [];
  const step = (name: string) => async () => {
    const { status } = await health.readiness();
    steps.push(`${name}@${clock.now()} ${status === "pass" ? "ready" : "not ready"}`);
  };
  const running = { stopAccepting: step("stop"), drain: step("drain"), close: step("close") };
  const deps = { clock, health, host, log: silentLog };
  return {
    clock,
    host,
    health,
    steps,
    running,
    deps,
    config: { probeMs: 250, deadlineMs: 5000, parentPid },
  };
}

test("a signal stops in order: not ready, one probe, stop accepting, drain, close", async () => {
  const t = setUp();
  let workSignal: AbortSignal | undefined;
  const ended = run(t.config, t.deps, async (signal) => {
    workSignal = signal;
    return t.running;
  });
  await t.clock.advance(10);
  assert.equal((await t.health.readiness()).status, "pass");
  t.host.emit("SIGTERM", "SIGTERM");
  await t.clock.advance(300);
  await ended;
  assert.deepEqual(t.steps, ["stop@260 not ready", "drain@260 not ready", "close@260 not ready"]);
  assert.ok(workSignal?.aborted);
  assert.deepEqual(t.host.exits, []);
  assert.equal(t.host.exitCode, undefined);
  assert.equal(t.host.listenerCount("SIGTERM"), 0);
});

test("copies of one signal that come together are one", async () => {
  const t = setUp();
  const ended = run(t.config, t.deps, async () => t.running);
  await t.clock.advance(10);
  t.host.emit("SIGINT", "SIGINT");
  await t.clock.advance(100);
  t.host.emit("SIGINT", "SIGINT");
  await t.clock.advance(300);
  await ended;
  assert.deepEqual(t.host.exits, []);
  assert.equal(t.steps.length, 3);
});

test("a second signal exits at once", async () => {
  const t = setUp();
  void run(t.config, t.deps, async () => ({ drain: () => new Promise<void>(() => {}) }));
  await t.clock.advance(10);
  t.host.emit("SIGINT", "SIGINT");
  await t.clock.advance(300);
  assert.deepEqual(t.host.exits, []);
  t.host.emit("SIGINT", "SIGINT");
  assert.deepEqual(t.host.exits, [1]);
});

test("a drain beyond the deadline ends with exit code 1", async () => {
  const t = setUp();
  void run(t.config, t.deps, async () => ({ drain: () => new Promise<void>(() => {}) }));
  await t.clock.advance(10);
  t.host.emit("SIGTERM", "SIGTERM");
  await t.clock.advance(4989);
  assert.deepEqual(t.host.exits, []);
  await t.clock.advance(11);
  assert.deepEqual(t.host.exits, [1]);
});

test("a step that fails does not keep the later ones from running", async () => {
  const t = setUp();
  const ended = run(t.config, t.deps, async () => ({
    ...t.running,
    drain: () => Promise.reject(new Error("stuck")),
  }));
  await t.clock.advance(10);
  t.host.emit("SIGTERM", "SIGTERM");
  await t.clock.advance(300);
  await ended;
  assert.equal(t.host.exitCode, 1);
  assert.match(t.steps.at(-1) ?? "", /^close/);
});

test("a start that fails is a crash with exit code 1", async () => {
  const t = setUp();
  await run(t.config, t.deps, () => Promise.reject(new Error("port is taken")));
  assert.equal(t.host.exitCode, 1);
});

test("work that ends badly closes what is open and exits with code 1", async () => {
  const t = setUp();
  const { promise, reject } = Promise.withResolvers<void>();
  const ended = run(t.config, t.deps, async () => ({ ...t.running, ended: promise }));
  await t.clock.advance(10);
  reject(new Error("lost the store"));
  await t.clock.advance(300);
  await ended;
  assert.equal(t.host.exitCode, 1);
  assert.equal(t.steps.length, 3);
});

test("an unhandled rejection is logged and ends the process", async () => {
  const t = setUp();
  void run(t.config, t.deps, async () => t.running);
  await t.clock.advance(1);
  t.host.emit("unhandledRejection", new Error("bug"));
  assert.deepEqual(t.host.exits, [1]);
});

test("a process stops when its parent dies, told by the channel or by the parent's number", async () => {
  for (const die of [
    (host: FakeHost) => host.emit("disconnect"),
    (host: FakeHost) => {
      host.ppid = 1;
    },
  ]) {
    const t = setUp(100);
    const ended = run(t.config, t.deps, async () => t.running);
    await t.clock.advance(10);
    die(t.host);
    await t.clock.advance(2000);
    await ended;
    assert.equal(t.steps.length, 3);
  }
});

test("a parent that is not the direct one is watched by its number", async () => {
  const clock = createFakeClock();
  const signal = AbortSignal.abort(new Error("watched long enough"));
  await assert.rejects(
    exitWhenParentDies(process.pid, { clock, host: { ppid: 1 } }, signal),
    /long enough/,
  );
  await exitWhenParentDies(
    2 ** 22 + 12_345,
    { clock, host: { ppid: 1 } },
    new AbortController().signal,
  );
});
