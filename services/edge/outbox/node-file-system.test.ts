import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createFakeClock } from "@drover/core/service/clock";
import { FolderInUseError, lockFolder } from "./folder-lock.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { openOutbox } from "./outbox.ts";
import { drain, numbersIn, reportOf, silentEvents, smallConfig } from "./testing.ts";

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "outbox-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test("on a real disk what was appended is there after a restart, in segments", async () => {
  await using folder = await temporaryFolder();
  const config = { ...smallConfig, directory: join(folder.path, "outbox") };
  const deps = { fileSystem: nodeFileSystem, clock: createFakeClock(), events: silentEvents };
  const reports = Array.from({ length: 200 }, (_, index) => reportOf(index, 100));
  // Not closed, as after a kill.
  const killed = await openOutbox(config, deps);
  await Promise.all([killed.append(reports.slice(0, 120)), killed.append(reports.slice(120))]);
  const outbox = await openOutbox(config, deps);
  const sent = numbersIn(await drain(outbox, "a"));
  assert.deepEqual(
    sent.toSorted((x, y) => x - y),
    reports.map((_, index) => index),
  );
  await drain(outbox, "b");
  await outbox[Symbol.asyncDispose]();
  assert.deepEqual(await nodeFileSystem.list(config.directory), ["ledger.json"]);
  await killed[Symbol.asyncDispose]();
});

test("a folder is for one holder at a time, and free again when it lets go", async () => {
  await using folder = await temporaryFolder();
  const first = lockFolder(folder.path);
  assert.throws(() => lockFolder(folder.path), FolderInUseError);
  first[Symbol.dispose]();
  lockFolder(folder.path)[Symbol.dispose]();
});
