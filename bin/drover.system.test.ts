import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";

const launcher = join(import.meta.dirname, "drover.js");

/** Runs the launcher as a person would. */
async function drover(args: readonly string[], input = "") {
  const child = spawn(process.execPath, [launcher, ...args], { stdio: "pipe" });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [code, out, err] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

test("a token is made, listed without its text, revoked, and not revoked twice by mistake", async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), "drover-bin-"));
  t.after(() => rm(dataDir, { recursive: true }));
  const data = ["--data", dataDir, "--json"];
  const made = JSON.parse((await drover(["token", "create", "--role", "viewer", ...data])).out);
  assert.match(made.token, /^drv_viewer_/);
  const listed = await drover(["token", "list", ...data]);
  assert.equal(JSON.parse(listed.out).items[0].id, made.id);
  assert.doesNotMatch(listed.out, new RegExp(made.token));
  assert.equal((await drover(["token", "revoke", made.id, ...data])).code, 0);
  assert.equal((await drover(["token", "revoke", "tok_none", ...data])).code, 1);
});

test("a dry run says which lines are no reports, and fails when there are some", async () => {
  const good = '{"asset":"aircraft:7c6b2d","at":1790000000000,"source":"test"}';
  const bad =
    '{"asset":"aircraft:7c6b2d","at":1790000000000,"source":"test","position":{"lat":95,"lon":0}}';
  const passed = await drover(["ingest", "--dry-run", "-"], `${good}\n`);
  assert.deepEqual([passed.code, passed.out], [0, "1 good, 0 duplicates, 0 gaps, 0 refused\n"]);
  const failed = await drover(["ingest", "--dry-run", "-", "--json"], `${good}\n${bad}\n`);
  assert.equal(failed.code, 1);
  assert.deepEqual(JSON.parse(failed.out).refusals, [
    { line: 2, reason: "out-of-range", detail: "position.lat: 95 is above 90" },
  ]);
});

test("a bad option is a usage mistake and says what was expected", async () => {
  const { code, err } = await drover(["up", "--port", "eighty"]);
  assert.equal(code, 2);
  assert.match(err, /Expected a port from 0 to 65535/);
  assert.equal((await drover(["up", "--prot", "1"])).code, 2);
  assert.equal((await drover(["--version"])).code, 0);
});

test("asking for the status of nothing could not run", async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), "drover-bin-"));
  t.after(() => rm(dataDir, { recursive: true }));
  const { code, err } = await drover(["status", "--data", dataDir]);
  assert.equal(code, 3);
  assert.match(err, /no drover runs on/);
});

test("a reader that goes away does no harm", async () => {
  const child = spawn(process.execPath, [launcher, "--help"], { stdio: "pipe" });
  child.stdout.destroy();
  const err = text(child.stderr);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  assert.deepEqual([code, await err], [0, ""]);
});
