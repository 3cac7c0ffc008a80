import assert from "node:assert/strict";
import { test } from "node:test";
import type { ZoneInput } from "@drover/core/model/zone";
import { openRecords } from "@drover/core/records/open";
import { createRules } from "@drover/core/records/rules";
import { createZones } from "@drover/core/records/zones";
import { createFakeClock } from "@drover/core/service/clock";
import { silentLog } from "@drover/core/service/log";
import { createMetrics } from "@drover/core/service/metrics";
import { silenceDefaults } from "@drover/core/watch/rules/rule-set";
import { openDefinitions } from "./definitions.ts";
import { createWatchCounters } from "./events.ts";

const t0 = 1_800_000_000_000;
const by = { by: "test" };
const hour = 3_600_000;
const circle = (radiusM: number): ZoneInput => ({
  name: "Zone",
  shape: { type: "circle", center: [0, 0], radiusM },
  isEnabled: true,
});

async function setUp() {
  const clock = createFakeClock({ nowMs: t0 });
  const records = await openRecords({ url: "sqlite::memory:" }, { clock });
  const zones = createZones({ records, clock });
  const counters = createWatchCounters({
    metrics: createMetrics({ service: "test" }),
    log: silentLog,
  });
  const rules = createRules({ records, clock });
  const open = () => openDefinitions({ zones, rules, clock, counters, silence: silenceDefaults });
  return { clock, records, zones, open };
}

test("versions of the last day are known to a process that began after they ended", async () => {
  const { clock, records, zones, open } = await setUp();
  await using _ = records;
  clock.jump(30 * hour);
  await zones.create(circle(100), { ...by, id: "changed" });
  await zones.create(circle(100), { ...by, id: "removed" });
  clock.jump(hour);
  await zones.update("changed", circle(200), by);
  await zones.remove("removed", by);
  clock.jump(hour);
  const { zoneSet, zones: now } = (await open()).current();
  assert.deepEqual([...now.keys()], ["changed"]);
  const then = t0 + 30.5 * hour;
  assert.equal(zoneSet.versionAt("changed", then)?.zone.version, 1);
  assert.equal(zoneSet.versionAt("removed", then)?.zone.validUntil, t0 + 31 * hour);
});

test("a version that ended is known for a day, and what did not change is the same object", async () => {
  const { clock, records, zones, open } = await setUp();
  await using _ = records;
  await zones.create(circle(100), { ...by, id: "a" });
  await zones.create(circle(100), { ...by, id: "b" });
  const reader = await open();
  const before = reader.current();
  clock.jump(hour);
  await zones.update("a", circle(200), by);
  assert.equal(await reader.refresh(), true);
  const { zoneSet } = reader.current();
  assert.equal(zoneSet.versionAt("a", t0)?.zone.validUntil, t0 + hour);
  assert.equal(zoneSet.versionAt("b", t0), before.zoneSet.versionAt("b", t0));
  clock.jump(25 * hour);
  await zones.update("b", circle(200), by);
  await reader.refresh();
  assert.equal(reader.current().zoneSet.versionAt("a", t0), undefined);
});
