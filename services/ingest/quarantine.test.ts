import assert from "node:assert/strict";
import { it } from "node:test";
import { encodeRefusal, QuarantinedLine, textCharsMax } from "./quarantine.ts";
import type { Refusal } from "./quarantine.ts";

const refusal: Refusal = {
  producer: { edge: "edge-1", epoch: 2 },
  seq: 9,
  key: undefined,
  note: { seq: 9, line: 3, reason: "bad-json", detail: "line: not JSON" },
  receivedAt: 1_800_000_000_000,
  text: '{"broken": "\u0000\n',
};
const decode = (entry: Buffer) => QuarantinedLine.parse(JSON.parse(entry.toString()));

it("is one line of JSON whatever the text", () => {
  const entry = encodeRefusal(refusal);
  assert.equal(entry.indexOf("\n"), entry.length - 1);
  assert.deepEqual(decode(entry), {
    id: "edge-1:2:9",
    edge: "edge-1",
    epoch: 2,
    seq: 9,
    line: 3,
    reason: "bad-json",
    detail: "line: not JSON",
    receivedAt: 1_800_000_000_000,
    text: '{"broken": "\u0000\n',
    truncated: false,
  });
});

it("is named by its hash when it has no number", () => {
  const { id, edge, epoch } = decode(encodeRefusal({ ...refusal, producer: undefined, key: "k" }));
  assert.deepEqual([id, edge, epoch], ["key:k", "", 0]);
});

it("cuts a long text, and leaves no half of a surrogate pair where it cuts", () => {
  const text = `${"x".repeat(textCharsMax - 1)}📡`;
  const cut = decode(encodeRefusal({ ...refusal, text }));
  assert.equal(cut.truncated, true);
  assert.equal(cut.text.length, textCharsMax);
  assert(cut.text.endsWith("x\uFFFD"));
  const whole = decode(encodeRefusal({ ...refusal, text: text.slice(1) }));
  assert.deepEqual([whole.truncated, whole.text], [false, text.slice(1)]);
});
