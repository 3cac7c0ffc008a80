// oxlint-disable max-lines-per-function -- a suite is as long as its facts.
// What zones, rules and events must do on every database; see conformance.ts.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { WatchEvent } from "../model/event.ts";
import { RuleInput } from "../model/rule.ts";
import { ZoneInput } from "../model/zone.ts";
import { createFakeClock } from "../service/clock.ts";
import type { Clock } from "../service/clock.ts";
import type { ConformanceSubject } from "./conformance.ts";
import { createKeyMs } from "./create-keys.ts";
import { openRecords } from "./open.ts";
import type { Records } from "./open.ts";
import { createRules } from "./rules.ts";
import { createWatchEvents } from "./watch-events.ts";
import { createZones } from "./zones.ts";

const nowMs = 1_800_000_000_000;
const by = "tok_1";

const circle = (name: string, radiusM = 1_000) =>
  ZoneInput.parse({ name, shape: { type: "circle", center: [130.9, -12.4], radiusM } });
const rule = RuleInput.parse({
  name: "Emergency",
  condition: { type: "attribute", name: "squawk", oneOf: ["7700"] },
  severity: "critical",
});
const event = (number: number, more: Partial<WatchEvent> = {}): WatchEvent => ({
  id: number.toString(16).padStart(32, "0"),
  kind: "entered",
  at: nowMs + number,
  asset: "aircraft:7c6b2d",
  zone: "darwin",
  zoneVersion: 1,
  retro: false,
  explanation: { text: "two fixes inside", values: { number } },
  ...more,
});

/**
 * A second connection, as another process has it. SQLite waits for its lock without giving way to
 * anything else of the process, so that there it is the same one; sqlite.system.test.ts has more.
 */
function openOther(records: Records, deps: { url: string; clock: Clock }) {
  return records.engine === "sqlite" ? records : openRecords({ url: deps.url }, deps);
}

export function describeWatchRecords(name: string, subject: ConformanceSubject): void {
  async function openFresh() {
    const clock = createFakeClock({ nowMs });
    const url = await subject.freshUrl();
    const records = await openRecords({ url }, { clock });
    const deps = { records, clock };
    return { ...deps, url, zones: createZones(deps), rules: createRules(deps) };
  }

  describe(`records on ${name}: zones and rules`, () => {
    it("leaves out of lists what a newer program wrote, and says so", async () => {
      const { records, zones } = await openFresh();
      await using _ = records;
      await zones.create(circle("A"), { by });
      await zones.create(circle("B"), { by });
      assert.deepEqual(zones.faults(), []);
      await records.db
        .updateTable("definition")
        .set({ body: JSON.stringify({ ...circle("A"), isNew: true }) })
        .where("id", "=", "a")
        .execute();
      const other = createZones({ records, clock: createFakeClock({ nowMs }) });
      assert.deepEqual(
        (await other.list()).map(({ id }) => id),
        ["b"],
      );
      const [fault] = other.faults();
      assert.match(fault ?? "", /^zones\.a.*version 1 cannot be read: .*isNew/);
      assert.deepEqual(
        (await other.listSince(0)).map(({ id }) => id),
        ["b"],
      );
      await assert.rejects(other.get("a"), { name: "ZodError" });
      const mended = await other.update("a", circle("A"), { by });
      assert.equal(mended.kind, "changed");
      assert.equal((await other.list()).length, 2);
      assert.deepEqual(other.faults(), []);
    });

    it("shows a zone as it was at any time", async () => {
      const { records, zones, clock } = await openFresh();
      await using _ = records;
      const made = await zones.create(circle("Darwin, RAAF Base"), { by });
      assert(made.kind === "created");
      assert.equal(made.value.id, "darwin-raaf-base");
      assert.equal(made.value.version, 1);
      clock.jump(1_000);
      const changed = await zones.update(made.value.id, circle("Darwin", 2_000), { by: "tok_2" });
      assert(changed.kind === "changed");
      clock.jump(1_000);
      await zones.remove(made.value.id, { by: "tok_3" });
      const radiusAt = async (at: number | undefined) => {
        const [zone] = await zones.list({ at });
        const one = await zones.get("darwin-raaf-base", at);
        assert.deepEqual(one, zone);
        return zone?.shape.type === "circle" ? zone.shape.radiusM : undefined;
      };
      assert.equal(await radiusAt(nowMs - 1), undefined);
      assert.equal(await radiusAt(nowMs), 1_000);
      assert.equal(await radiusAt(nowMs + 999), 1_000);
      assert.equal(await radiusAt(nowMs + 1_000), 2_000);
      assert.equal(await radiusAt(nowMs + 1_999), 2_000);
      assert.equal(await radiusAt(nowMs + 2_000), undefined);
      assert.equal(await radiusAt(undefined), undefined);
      const versions = await zones.versions("darwin-raaf-base");
      assert.deepEqual(
        versions.map((one) => [one.value.version, one.by, one.validUntil, one.removedBy]),
        [
          [2, "tok_2", nowMs + 2_000, "tok_3"],
          [1, by, nowMs + 1_000, undefined],
        ],
      );
    });

    it("lists every version that held since a time", async () => {
      const { records, zones, clock } = await openFresh();
      await using _ = records;
      await zones.create(circle("A"), { by });
      await zones.create(circle("B"), { by });
      for (const radiusM of [2, 3]) {
        clock.jump(1_000);
        await zones.update("a", circle("A", radiusM), { by });
      }
      await zones.remove("b", { by });
      const since = async (at: number) =>
        (await zones.listSince(at)).map(({ id, version }) => `${id}${version}`);
      assert.deepEqual(await since(nowMs), ["a1", "a2", "a3", "b1"]);
      assert.deepEqual(await since(nowMs + 1_000), ["a2", "a3", "b1"]);
      assert.deepEqual(await since(nowMs + 2_000), ["a3"]);
    });

    it("counts versions on when a removed id is used again", async () => {
      const { records, zones } = await openFresh();
      await using _ = records;
      await zones.create(circle("A"), { by });
      await zones.remove("a", { by });
      const again = await zones.create(circle("A", 5), { by, id: "a" });
      assert(again.kind === "created");
      assert.equal(again.value.version, 2);
      assert.deepEqual(await zones.get("a"), again.value);
      // By name alone the old id stays what it was.
      const other = await zones.create(circle("A"), { by });
      assert(other.kind === "created");
      assert.match(other.value.id, /^a-[0-9a-f]{6}$/);
    });

    it("moves the revision with every change of either kind, and only then", async () => {
      const { records, zones, rules } = await openFresh();
      await using _ = records;
      const seen = [await zones.revision()];
      const note = async () => seen.push(await rules.revision());
      await zones.create(circle("A"), { by });
      await note();
      await rules.create(rule, { by });
      await note();
      await zones.update("a", circle("A", 7), { by });
      await note();
      await rules.remove("emergency", { by });
      await note();
      assert.deepEqual(seen, [0, 1, 2, 3, 4]);
      const same = ZoneInput.parse(Object.fromEntries(Object.entries(circle("A", 7)).toReversed()));
      assert.equal((await zones.update("a", same, { by })).kind, "unchanged");
      assert.equal((await zones.create(circle("A"), { by, id: "a" })).kind, "exists");
      assert.equal((await zones.remove("none", { by })).kind, "unknown");
      assert.equal((await rules.update("emergency", rule, { by })).kind, "unknown");
      assert.equal(await zones.revision(), 4);
    });

    it("lets one of two changes of one version through", async () => {
      const { records, zones } = await openFresh();
      await using _ = records;
      await zones.create(circle("A"), { by });
      const results = await Promise.all(
        [10, 20].map((radiusM) => zones.update("a", circle("A", radiusM), { by, ifVersion: 1 })),
      );
      assert.deepEqual(results.map(({ kind }) => kind).toSorted(), ["changed", "version-differs"]);
      const stale = await zones.remove("a", { by, ifVersion: 1 });
      assert.deepEqual(stale, { kind: "version-differs", version: 2 });
    });

    it("makes ids of twenty writers at once that all differ", async () => {
      const { records, url, clock } = await openFresh();
      await using _ = records;
      await using other = await openOther(records, { url, clock });
      const one = createZones({ records, clock });
      const two = createZones({ records: other, clock });
      const made = await Promise.all(
        Array.from({ length: 20 }, (_none, index) =>
          (index % 2 === 0 ? one : two).create(circle("Ōkārito"), { by }),
        ),
      );
      const ids = made.map((result) => (result.kind === "created" ? result.value.id : ""));
      assert.equal(new Set(ids).size, 20);
      assert(ids.every((id) => id.startsWith("okarito")));
      assert.equal(await two.revision(), 20);
      assert.equal((await two.list()).length, 20);
    });

    it("puts many as one change, making, changing and leaving", async () => {
      const { records, zones } = await openFresh();
      await using _ = records;
      const items = ["a", "b", "c"].map((id) => ({ id, input: circle(id) }));
      const kinds = async () => (await zones.putAll(items, { by })).map(({ kind }) => kind);
      assert.deepEqual(await kinds(), ["created", "created", "created"]);
      items[1] = { id: "b", input: circle("b", 9) };
      await zones.remove("c", { by });
      assert.deepEqual(await kinds(), ["unchanged", "changed", "created"]);
      assert.equal(await zones.revision(), 3);
      assert.deepEqual(
        (await zones.list()).map(({ id, version }) => [id, version]),
        [
          ["a", 1],
          ["b", 2],
          ["c", 2],
        ],
      );
    });

    it("answers a key that is sent again with what it made, for a day", async () => {
      const { records, zones, clock } = await openFresh();
      await using _ = records;
      const options = { by, key: "k-1" };
      const first = await zones.create(circle("A"), options);
      const again = await zones.create(circle("A"), options);
      assert(first.kind === "created" && again.kind === "repeated");
      assert.deepEqual(again.value, first.value);
      assert.equal((await zones.create(circle("B"), options)).kind, "key-taken");
      assert.equal((await zones.create(circle("A"), { by: "tok_2", key: "k-1" })).kind, "created");
      clock.jump(createKeyMs);
      assert.equal((await zones.create(circle("C"), options)).kind, "created");
      assert.equal((await zones.list()).length, 3);
    });

    it("never ends a version before it began, whatever the clock does", async () => {
      const { records, zones, clock } = await openFresh();
      await using _ = records;
      await zones.create(circle("A"), { by });
      clock.jump(-5_000);
      await zones.update("a", circle("A", 3), { by });
      for (const { validFrom, validUntil = Infinity } of await zones.versions("a")) {
        assert(validFrom <= validUntil);
      }
      assert.equal((await zones.get("a", nowMs))?.version, 2);
    });
  });

  describe(`records on ${name}: events`, () => {
    it("records an id once and numbers without gaps", async () => {
      const { records, clock } = await openFresh();
      await using _ = records;
      const events = createWatchEvents({ records, clock });
      assert.equal(await events.newestNumber(), 0);
      const first = await events.append([event(1), event(2), event(1)], nowMs);
      assert.deepEqual(first, [
        { ...event(1), recordedAt: nowMs, number: 1 },
        { ...event(2), recordedAt: nowMs, number: 2 },
      ]);
      const second = await events.append([event(2), event(3)], nowMs + 5);
      assert.deepEqual(second, [{ ...event(3), recordedAt: nowMs + 5, number: 3 }]);
      assert.deepEqual(await events.append([event(2)], nowMs), []);
      assert.deepEqual(await events.after(1, 10), [first[1], second[0]]);
      assert.deepEqual(await events.get(event(3).id), second[0]);
      assert.equal(await events.get("f".repeat(32)), undefined);
      assert.equal(await events.newestNumber(), 3);
    });

    it("corrects what is known in its place and takes back what was refuted", async () => {
      const { records, clock } = await openFresh();
      await using _ = records;
      const events = createWatchEvents({ records, clock });
      await events.append([event(1), event(2)], nowMs);
      const moved = event(1, { at: nowMs - 9, explanation: { text: "earlier" } });
      assert.deepEqual(await events.append([moved, event(3)], nowMs + 1), [
        { ...event(3), recordedAt: nowMs + 1, number: 3 },
      ]);
      assert.deepEqual(await events.get(moved.id), { ...moved, recordedAt: nowMs, number: 1 });
      const { items } = await events.list({ to: nowMs }, { limit: 5 });
      assert.equal(items.length, 1);
      assert.equal(await events.retract([event(2).id, event(9).id]), 1);
      assert.deepEqual(
        (await events.after(0, 9)).map(({ number }) => number),
        [1, 3],
      );
    });

    it("hides nothing from a reader while two connections write", async () => {
      const { records, url, clock } = await openFresh();
      await using _ = records;
      await using other = await openOther(records, { url, clock });
      const one = createWatchEvents({ records, clock });
      const two = createWatchEvents({ records: other, clock });
      const read: number[] = [];
      const reader = createWatchEvents({ records, clock });
      const isDone = { value: false };
      const reading = (async () => {
        for (;;) {
          const isLast = isDone.value;
          const found = await reader.after(read.at(-1) ?? 0, 100);
          read.push(...found.map(({ number }) => number));
          if (isLast && found.length === 0) return;
        }
      })();
      const batches = Array.from({ length: 40 }, (_none, index) =>
        // Every event is written by both.
        (index % 2 === 0 ? one : two).append([event(index), event(index >> 1)], nowMs),
      );
      await Promise.all(batches);
      isDone.value = true;
      await reading;
      assert.deepEqual(
        read,
        Array.from({ length: 40 }, (_none, index) => index + 1),
      );
    });

    it("lists newest first, page by page, under each filter", async () => {
      const { records, clock } = await openFresh();
      await using _ = records;
      const events = createWatchEvents({ records, clock });
      const all = [
        event(1),
        event(2, { at: nowMs + 1, kind: "left", retro: true }),
        event(3, { asset: "ship:1", zone: "harbour" }),
        event(4, { asset: undefined, zone: undefined, rule: "busy", kind: "rule-fired" }),
      ];
      await events.append(all, nowMs);
      const numbers = async (filter: Parameters<typeof events.list>[0]) =>
        (await events.list(filter, { limit: 10 })).items.map(({ number }) => number);
      assert.deepEqual(await numbers({}), [4, 3, 2, 1]);
      assert.deepEqual(await numbers({ asset: "aircraft:7c6b2d" }), [2, 1]);
      assert.deepEqual(await numbers({ zone: "harbour" }), [3]);
      assert.deepEqual(await numbers({ rule: "busy" }), [4]);
      assert.deepEqual(await numbers({ kinds: ["left", "rule-fired"] }), [4, 2]);
      assert.deepEqual(await numbers({ retro: true }), [2]);
      assert.deepEqual(await numbers({ retro: false, from: nowMs + 1, to: nowMs + 4 }), [3, 1]);
      const walked: number[] = [];
      let before: Parameters<typeof events.list>[1]["before"];
      do {
        const page = await events.list({}, { before, limit: 1 });
        walked.push(...page.items.map(({ number }) => number));
        before = page.next;
      } while (before !== undefined);
      assert.deepEqual(walked, [4, 3, 2, 1]);
    });

    it("forgets what is older or more than it keeps, and never gives a number again", async () => {
      const { records, clock } = await openFresh();
      await using _ = records;
      const config = { keepMs: 60_000, countMax: 3 };
      const events = createWatchEvents({ records, clock, config });
      await events.append(
        [1, 2, 3, 4, 5].map((number) => event(number)),
        nowMs,
      );
      const kept = async () => (await events.after(0, 10)).map(({ number }) => number);
      assert.deepEqual(await kept(), [3, 4, 5]);
      await events.append([event(6)], nowMs + 3_600_000);
      assert.deepEqual(await kept(), [6]);
      assert.equal(await events.forgetBefore(nowMs + 3_600_001), 1);
      assert.deepEqual(await kept(), []);
      const [next] = await events.append([event(7)], nowMs + 3_600_002);
      assert.equal(next?.number, 7);
    });
  });
}
