import assert from "node:assert/strict";
import { test } from "node:test";
import { createRowEncoder } from "@drover/core/model/row-encoder";
import { Zone } from "@drover/core/model/zone";
import type { Entry } from "@drover/core/stream/log";
import { compileRules } from "@drover/core/watch/rules/rule-set";
import { createZoneSet } from "@drover/core/watch/zones/zone-set";
import type { Definitions } from "./definitions.ts";
import { createCountBook, judgeEntry } from "./partition-watch.ts";
import type { Findings, PartitionWatch } from "./partition-watch.ts";

const startAt = Date.UTC(2026, 5, 1);
const yard = Zone.parse({
  id: "yard",
  name: "Yard",
  shape: { type: "circle", center: [0, 0], radiusM: 1_000 },
  version: 1,
  validFrom: 0,
});
const definitions: Definitions = {
  revision: 1,
  zones: new Map([["yard", yard]]),
  rules: new Map(),
  zoneSet: createZoneSet([yard]),
  ruleSet: compileRules([], { zones: new Set(["yard"]) }).set,
};

const createPartition = (): PartitionWatch => ({
  lease: { partition: 0, token: 1 },
  next: 0,
  committed: 0,
  dirtySinceMs: undefined,
  adoptedMs: 0,
  assets: new Map(),
  counts: createCountBook(),
});

interface Spot {
  readonly atS: number;
  readonly isInside: boolean;
  readonly accuracyM?: number;
}

/** Entries of one report each. */
function entriesOf(spots: readonly Spot[]): readonly Entry[] {
  return spots.map(({ atS, isInside, accuracyM = 10 }, offset) => {
    const encoder = createRowEncoder();
    const at = startAt + atS * 1_000;
    const position = { lat: isInside ? 0 : 0.05, lon: 0, accuracyM };
    const report = { asset: "vehicle:one", kind: "vehicle", at, position, source: "test" };
    const stamp = { edge: "", epoch: 1, seq: offset + 1, sentAt: at, receivedAt: at };
    encoder.encode(report, { ...stamp, suspect: false });
    const bytes = Buffer.from(encoder.bytes());
    return { partition: 0, offset, count: 1, kind: "rows", lane: "live", appendedAt: at, bytes };
  });
}

test("an event that is refuted and given again in one round stands, and the other way about", () => {
  const partition = createPartition();
  const findings: Findings = { events: [], retracted: [] };
  const judge = (entry: Entry) => judgeEntry(partition, entry, definitions, findings);
  const entries = entriesOf([
    { atS: 0, isInside: false },
    { atS: 10, isInside: true },
    { atS: 20, isInside: true },
    { atS: 30, isInside: true },
    { atS: 40, isInside: true },
    // Late, and then corrected by a receiver that knows better.
    { atS: 15, isInside: false },
    { atS: 15, isInside: true, accuracyM: 5 },
  ]);
  for (const entry of entries.slice(0, 5)) judge(entry);
  const [first] = findings.events.map(({ id }) => id);
  assert.ok(first !== undefined && findings.events.length === 1);
  for (const entry of entries.slice(5, 6)) judge(entry);
  const [second] = findings.events.map(({ id }) => id);
  assert.deepEqual(findings.retracted, [first]);
  assert.ok(findings.events.length === 1 && second !== first);
  for (const entry of entries.slice(6)) judge(entry);
  assert.deepEqual(
    findings.events.map(({ id }) => id),
    [first],
  );
  assert.deepEqual(findings.retracted, [second]);
});
