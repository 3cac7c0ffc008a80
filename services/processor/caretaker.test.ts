import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "@drover/core/service/log";
import { createCaretaker, holdBytesMax } from "./caretaker.ts";
import { createTestStream } from "./testing.ts";

const group = "watch";
const config = { group, holdMs: 0, sizeBytesMax: holdBytesMax };

test("a group that nobody works for stops holding the log once its time is over", async () => {
  await using source = await createTestStream();
  const { stream } = source;
  const patient = createCaretaker({ ...config, holdMs: 60_000 }, { stream, log: silentLog });
  const caretaker = createCaretaker(config, { stream, log: silentLog });
  assert.equal(await caretaker.look(), 0, "the group was never made");
  await stream.ensureGroup(group);
  await source.append(100);
  assert.equal(await patient.look(), 0);
  const member = await stream.join(group, "one");
  assert.equal(await caretaker.look(), 0, "somebody works for it");
  await member.leave();
  assert.equal(await caretaker.look(), 100);
  const { reports, members, perPartition } = await stream.lag(group);
  assert.deepEqual([reports, members], [0, 0]);
  assert.ok(perPartition.every(({ synced, end }) => synced === end));
});
