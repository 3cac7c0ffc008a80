// oxlint-disable max-lines-per-function -- a suite is as long as its facts.
// What the store of alerts must do on every database.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, assert as check, asyncProperty, constantFrom, nat, tuple } from "fast-check";
import type { Alert } from "../model/alert.ts";
import { clearAt, raiseAt, t0 } from "../watch/alerts/testing.ts";
import { siteGraceMs } from "./alert-book.ts";
import { createAlerts } from "./alerts.ts";
import type { ConformanceSubject } from "./conformance.ts";
import { minute, openAlertStores, webhook } from "./testing.ts";

export function describeAlertRecords(name: string, subject: ConformanceSubject): void {
  const open = () => openAlertStores(subject);

  describe(`records on ${name}: alerts`, () => {
    it("count the same event once, however often it is applied", async () => {
      const { records, alerts, receivers, tellings } = await open();
      await using _ = records;
      await receivers.create(webhook());
      const changes = [raiseAt(t0), raiseAt(t0 + 1), clearAt(t0 + 2), raiseAt(t0 + 3)];
      await alerts.apply(changes, t0);
      const before = await alerts.list({}, { limit: 10 });
      assert.deepEqual(await alerts.apply(changes, t0), []);
      assert.deepEqual(await alerts.list({}, { limit: 10 }), before);
      assert.deepEqual(
        before.items.map(({ state, count }) => `${state} ${count}`),
        ["raised 1", "cleared 2"],
      );
      assert.deepEqual(await tellings(), ["raised", "cleared", "raised"]);
    });

    it("keep the events behind them", async () => {
      const { records, alerts } = await open();
      await using _ = records;
      const [changed] = await alerts.apply([raiseAt(t0), raiseAt(t0 + 1), clearAt(t0 + 2)], t0);
      assert(changed);
      const events = await alerts.events(changed.alert.id, 10);
      assert.deepEqual(
        events.map(({ event, kind }) => `${kind} ${event}`),
        [`clear clear-${t0 + 2}`, `raise raise-${t0 + 1}`, `raise raise-${t0}`],
      );
    });

    it("are listed newest first, page by page, by what is asked for", async () => {
      const { records, alerts } = await open();
      await using _ = records;
      const raises = Array.from({ length: 7 }, (_item, index) =>
        raiseAt(t0 + Math.floor(index / 2), {
          cause: `zone:port:entered:vessel:${index}`,
          asset: `vessel:${index}`,
          event: { ...raiseAt(t0).event, id: `e${index}`, at: t0 + Math.floor(index / 2) },
          severity: index % 2 === 0 ? "critical" : "info",
        }),
      );
      await alerts.apply(raises, t0);
      const seen: Alert[] = [];
      for (let after: string | undefined; ;) {
        const page = await alerts.list({}, { after, limit: 3 });
        seen.push(...page.items);
        after = page.next;
        if (after === undefined) break;
      }
      assert.equal(new Set(seen.map(({ id }) => id)).size, 7);
      assert.deepEqual(
        seen.map(({ raisedAt }) => raisedAt - t0),
        [3, 2, 2, 1, 1, 0, 0],
      );
      const critical = await alerts.list({ severities: ["critical"] }, { limit: 10 });
      assert.equal(critical.items.length, 4);
      const one = await alerts.list({ asset: "vessel:3", states: ["raised"] }, { limit: 10 });
      assert.deepEqual(
        one.items.map(({ asset }) => asset),
        ["vessel:3"],
      );
      assert.equal((await alerts.list({ zone: "harbour" }, { limit: 1 })).items.length, 0);
      assert.equal((await alerts.list({ from: t0 + 1, to: t0 + 3 }, { limit: 9 })).items.length, 4);
    });

    it("end well whatever the order of acknowledging, clearing and events, also at once", async () => {
      const { clock, records, alerts } = await open();
      await using _ = records;
      const stores = [alerts, createAlerts({ records, clock })] as const;
      let round = 0;
      const words = constantFrom("acknowledge", "clear", "raise-event", "clear-event", "tend");
      const script = array(tuple(words, nat(1)), { minLength: 1, maxLength: 8 });
      const holds = async (steps: readonly (readonly [string, number])[]) => {
        const cause = `rule:race-${++round}:vessel:a`;
        const change = (kind: "raise" | "clear", at: number) => {
          const event = { ...raiseAt(at).event, id: `${round}-${kind}-${at}` };
          return kind === "raise" ? raiseAt(at, { cause, event }) : clearAt(at, { cause, event });
        };
        const [first] = await alerts.apply([change("raise", t0)], t0);
        assert(first);
        const { id } = first.alert;
        await Promise.all(
          steps.map(async ([word, which], index) => {
            const store = stores[which] ?? alerts;
            const at = t0 + index + 1;
            if (word === "acknowledge") await store.acknowledge(id, { by: "jo" });
            else if (word === "clear") await store.clear(id, { by: "jo" });
            else if (word === "tend") await store.tend(t0);
            else await store.apply([change(word === "raise-event" ? "raise" : "clear", at)], t0);
          }),
        );
        const standing = await alerts.list({ states: ["raised", "acknowledged"] }, { limit: 99 });
        const mine = standing.items.filter((alert) => alert.cause === cause);
        assert(mine.length <= 1, "one cause, one alert");
        // Whatever happened, an end that is later than everything ends it.
        await alerts.apply([change("clear", t0 + 100)], t0);
        for (const alert of (await alerts.list({}, { limit: 1_000 })).items) {
          if (alert.cause === cause) assert.equal(alert.state, "cleared");
        }
      };
      await check(asyncProperty(script, holds), { numRuns: 8, seed: 7 });
      assert.equal((await alerts.get("0".repeat(32)))?.id, undefined);
    });

    it("number their changes in the order of commits, without a number twice", async () => {
      const { clock, records, alerts } = await open();
      await using _ = records;
      const stores = [alerts, createAlerts({ records, clock })];
      let isDone = false;
      const seen: number[] = [];
      const reading = (async () => {
        for (let after = 0, last = false; !last;) {
          last = isDone;
          for (const { revision } of await alerts.changedAfter(after, 50)) {
            seen.push(revision);
            after = revision;
          }
          await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      await Promise.all(
        stores.map(async (store, which) => {
          for (let index = 0; index < 15; index++) {
            const cause = `rule:r:vessel:${which}-${index}`;
            const event = { ...raiseAt(t0).event, id: `${which}-${index}` };
            await store.apply([raiseAt(t0, { cause, event })], t0);
          }
        }),
      );
      isDone = true;
      await reading;
      assert.deepEqual(
        seen,
        Array.from({ length: 30 }, (_item, index) => index + 1),
      );
      assert.equal(await alerts.revision(), 30);
    });

    it("keep a person's word and say nothing twice", async () => {
      const { clock, records, alerts, receivers, tellings } = await open();
      await using _ = records;
      await receivers.create(webhook());
      const [raised] = await alerts.apply([raiseAt(t0)], t0);
      assert(raised);
      const { id } = raised.alert;
      await clock.advance(1_000);
      const taken = await alerts.acknowledge(id, { by: "jo", note: "on it" });
      assert.equal(taken?.acknowledgedAt, t0 + 1_000);
      assert.equal((await alerts.acknowledge(id, { by: "mo" }))?.acknowledgedBy, "jo");
      const over = await alerts.clear(id, { by: "mo", note: "towed" });
      assert.deepEqual(
        [over?.state, over?.clearedBy, over?.clearedWho, over?.clearedNote],
        ["cleared", "operator", "mo", "towed"],
      );
      assert.equal((await alerts.clear(id, { by: "jo" }))?.clearedWho, "mo");
      assert.equal(await alerts.acknowledge("f".repeat(32), { by: "jo" }), undefined);
      assert.deepEqual(await tellings(), ["raised", "acknowledged", "cleared"]);
    });

    it("get worse, end by themselves and are told again as time passes", async () => {
      const { records, alerts, receivers, tellings } = await open();
      await using _ = records;
      await receivers.create(webhook({ repeatMs: 60 * minute }));
      const escalations = [{ afterMs: 5 * minute, severity: "critical" as const }];
      const crossing = raiseAt(t0, {
        cause: "zone:port:crossed:vessel:a",
        event: { ...raiseAt(t0).event, id: "crossing" },
        clearAfterMs: 15 * minute,
      });
      await alerts.apply([raiseAt(t0, { escalations }), crossing], t0);
      assert.deepEqual(await alerts.tend(t0 + minute), []);
      const [worse] = await alerts.tend(t0 + 5 * minute);
      assert.equal(worse?.alert.severity, "critical");
      const [over] = await alerts.tend(t0 + 15 * minute);
      assert.equal(over?.alert.state, "cleared");
      assert.deepEqual(await alerts.tend(t0 + 16 * minute), []);
      const told = ["raised", "raised", "escalated", "cleared"];
      assert.deepEqual(await tellings(), told);
      await records.db.updateTable("notification").set({ at: t0 }).execute();
      await alerts.tend(t0 + 60 * minute);
      await alerts.tend(t0 + 60 * minute + 1);
      assert.deepEqual(await tellings(), [...told, "repeated"]);
    });

    it("are ended with the zone or the rule that watched", async () => {
      const { records, alerts } = await open();
      await using _ = records;
      const [raised] = await alerts.apply([raiseAt(t0)], t0);
      assert(raised);
      const standing = await alerts.standing(10);
      assert.deepEqual(
        standing.map(({ cause }) => cause),
        [raised.alert.cause],
      );
      await alerts.apply([{ kind: "remove", cause: raised.alert.cause }], t0 + 5);
      const over = await alerts.get(raised.alert.id);
      assert.deepEqual([over?.clearedBy, over?.clearedAt], ["removed", t0 + 5]);
    });

    it("are forgotten long after they are over, with their causes; what stands is kept", async () => {
      const { records, alerts } = await open();
      await using _ = records;
      const other = { cause: "rule:r:vessel:b", event: { ...raiseAt(t0).event, id: "b" } };
      await alerts.apply([raiseAt(t0), clearAt(t0 + 1), raiseAt(t0, other)], t0);
      await alerts.forgetBefore(t0 + 1);
      assert.equal((await alerts.list({}, { limit: 9 })).items.length, 2);
      await alerts.forgetBefore(t0 + 2);
      const left = await alerts.list({}, { limit: 9 });
      assert.deepEqual(
        left.items.map(({ cause }) => cause),
        [other.cause],
      );
      const causes = await records.db.selectFrom("alert_cause").select("cause").execute();
      assert.deepEqual(
        causes.map(({ cause }) => cause),
        [other.cause],
      );
    });

    it("are not told while the site that would explain them is out of reach, and then if they last", async () => {
      const { records, alerts, receivers, tellings } = await open();
      await using _ = records;
      await receivers.create(webhook());
      const site = "edge:edge-darwin";
      const station = (id: string, at: number) =>
        raiseAt(at, {
          cause: `rule:quiet:station:${id}`,
          event: { ...raiseAt(at).event, id: `silent-${id}` },
          asset: `station:${id}`,
          site,
        });
      const outage = (kind: "raise" | "clear", at: number) => {
        const event = { ...raiseAt(at).event, id: `${kind}-outage` };
        return kind === "raise"
          ? raiseAt(at, { cause: site, event, asset: undefined, zone: undefined })
          : clearAt(at, { cause: site, event });
      };
      await alerts.apply([station("a", t0)], t0);
      await alerts.apply([outage("raise", t0 + 1), station("b", t0 + 2), station("c", t0 + 3)], t0);
      const held = (await alerts.list({}, { limit: 9 })).items.filter((one) => one.inhibitedBy);
      assert.equal(held.length, 3, "also the one that was told before");
      assert.deepEqual(await tellings(), ["raised", "raised"], "station a and the outage");
      const back = clearAt(t0 + 4, {
        cause: "rule:quiet:station:b",
        event: { ...clearAt(t0 + 4).event, id: "back-b" },
      });
      await alerts.apply([outage("clear", t0 + 4), back], t0);
      await alerts.tend(t0 + siteGraceMs - 1);
      assert.deepEqual(await tellings(), ["raised", "raised", "cleared"], "the outage is over");
      await alerts.tend(t0 + siteGraceMs);
      assert.deepEqual(
        await tellings(),
        ["raised", "raised", "cleared", "raised"],
        "c is not back",
      );
      const left = (await alerts.list({}, { limit: 9 })).items.filter((one) => one.inhibitedBy);
      assert.deepEqual(left, []);
    });
  });
}
