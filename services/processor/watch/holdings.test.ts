import assert from "node:assert/strict";
import { test } from "node:test";
import { Rule } from "@drover/core/model/rule";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { compileRules } from "@drover/core/watch/rules/rule-set";
import { createZoneSet } from "@drover/core/watch/zones/zone-set";
import { stepZones } from "@drover/core/watch/zones/step";
import type { Zone } from "@drover/core/model/zone";
import type { AssetZones } from "@drover/core/watch/zones/asset-zones";
import { createWatchCounters } from "./events.ts";
import { createHoldings } from "./holdings.ts";
import { encodeNotes } from "./notes.ts";

const t0 = 1_800_000_000_000;

test("assets that are forgotten for want of room are counted no more", async () => {
  const clock = createFakeClock({ nowMs: t0 });
  const zone: Zone = {
    id: "z1",
    name: "Zone",
    shape: { type: "circle", center: [0, 0], radiusM: 5_000 },
    isEnabled: true,
    version: 1,
    validFrom: t0 - 3_600_000,
  };
  const rule = Rule.parse({
    id: "crowd",
    name: "Crowd",
    condition: { type: "count", zone: "z1", above: 2 },
    severity: "warning",
    version: 1,
    updatedAt: t0,
  });
  const zoneSet = createZoneSet([zone]);
  const { set: ruleSet } = compileRules([rule], { zones: new Set(["z1"]) });
  const definitions = { revision: 1, zones: new Map(), rules: new Map(), zoneSet, ruleSet };
  let zones: AssetZones | undefined;
  for (const agoMs of [3_000, 2_000, 1_000, 0]) {
    const fix = { asset: "vessel:a", kind: "vessel", at: t0 - agoMs, lat: 0, lon: 0 };
    zones = stepZones(zones, fix, zoneSet).state;
  }
  const watchOf = (at: number) => ({ at, lagMs: 0, edge: "", zones });
  const assets = new Map(
    Array.from({ length: 10 }, (_, index) => [`vessel:${index}`, watchOf(t0 + index)]),
  );
  const lease = { partition: 0, token: 1 };
  const state = encodeNotes(assets).bytes;
  const holdings = createHoldings(
    { commitMs: 20, assetsMax: 10 },
    {
      clock,
      quarantinePartition: 99,
      definitions: { current: () => definitions, refresh: () => Promise.resolve(false) },
      counters: createWatchCounters({
        metrics: createMetrics({ service: "test" }),
        log: silentLog,
      }),
      consumer: {
        leases: () => [lease],
        checkpoint: () => Promise.resolve({ committed: 0, synced: 0, state }),
        commitAll: () => Promise.resolve(),
      },
    },
  );
  await holdings.adopt();
  const partition = holdings.partitions().get(0);
  assert.ok(partition !== undefined);
  assert.equal(partition.counts.takeChanged()[0]?.inside, 10);
  partition.assets.set("vessel:new", { at: t0 + 99, lagMs: 0, edge: "" });
  holdings.touch(partition);
  assert.equal(partition.assets.size, 9);
  assert.equal(partition.counts.takeChanged()[0]?.inside, 8);
});
