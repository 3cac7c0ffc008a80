// oxlint-disable max-lines-per-function -- a suite is as long as its facts.
// What the stores of silences, receivers and of what is to be told must do on every database.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { notifiableMs } from "../model/event.ts";
import { clearAt, raiseAt, t0 } from "../watch/alerts/testing.ts";
import type { ConformanceSubject } from "./conformance.ts";
import { createJobLease } from "./job-lease.ts";
import { viewOf } from "./receivers.ts";
import { SilenceTimesError } from "./silences.ts";
import { minute, openAlertStores, webhook } from "./testing.ts";

const receiver = (channel: object) => ({ name: "Ops", channel });

export function describeTellingRecords(name: string, subject: ConformanceSubject): void {
  const open = () => openAlertStores(subject);

  describe(`records on ${name}: silences`, () => {
    it("hold back what they are about until they end, and have an end", async () => {
      const { clock, records, alerts, silences, receivers, tellings } = await open();
      await using _ = records;
      await receivers.create(webhook());
      const about = { match: { zones: ["port"] }, reason: "works in the port" };
      const silence = await silences.create({ ...about, until: t0 + minute }, "jo");
      assert(silence);
      const [raised] = await alerts.apply([raiseAt(t0)], t0);
      assert.equal(raised?.alert.silencedBy, silence.id);
      await alerts.tend(t0 + 1);
      assert.deepEqual(await tellings(), []);
      await clock.advance(minute);
      await alerts.tend(clock.now());
      assert.deepEqual(await tellings(), ["raised"]);
      assert.equal((await alerts.get(raised.alert.id))?.silencedBy, undefined);
      for (const times of [
        { until: t0 },
        { from: t0 + 2 * minute, until: t0 + 2 * minute },
        { until: t0 + 400 * 86_400_000 },
      ]) {
        await assert.rejects(silences.create({ ...about, ...times }, "jo"), SilenceTimesError);
      }
    });

    it("show on alerts at once, and tell what stands when they are ended early", async () => {
      const { records, alerts, silences, receivers, tellings } = await open();
      await using _ = records;
      await receivers.create(webhook());
      const [raised] = await alerts.apply([raiseAt(t0)], t0);
      assert(raised);
      const about = { match: {}, reason: "night", until: t0 + 60 * minute };
      const silence = await silences.create(about, "jo");
      assert(silence);
      assert.equal((await alerts.get(raised.alert.id))?.silencedBy, silence.id);
      await alerts.apply([clearAt(t0 + 1), raiseAt(t0 + 2)], t0);
      const changed = { ...about, match: { zones: ["elsewhere"] } };
      assert.equal((await silences.update(silence.id, changed))?.match.zones?.[0], "elsewhere");
      assert.deepEqual(await tellings(), ["raised", "cleared", "raised"]);
      const ended = await silences.end(silence.id);
      assert.equal(ended?.until, t0);
      assert.deepEqual(await silences.list({ isActive: true }), []);
      assert.equal((await silences.list()).length, 1);
      assert.equal(await silences.end("silence-none"), undefined);
    });
  });

  describe(`records on ${name}: receivers`, () => {
    it("show no secret, keep the one that a change leaves out, and go with what waits", async () => {
      const { records, alerts, receivers, notifications } = await open();
      await using _ = records;
      const made = await receivers.create(webhook());
      assert(made?.channel.kind === "webhook" && made.channel.secret !== undefined);
      assert(made.channel.secret.startsWith("whsec_"));
      const view = JSON.stringify(viewOf(made, await notifications.status(made.id)));
      assert(!view.includes(made.channel.secret) && !view.includes("s3cret"), view);
      const changed = await receivers.update(made.id, webhook({ name: "Night" }), 1);
      assert(changed.kind === "changed" && changed.receiver.channel.kind === "webhook");
      assert.equal(changed.receiver.channel.secret, made.channel.secret);
      assert.equal(changed.receiver.version, 2);
      const again = await receivers.update(made.id, webhook(), 1);
      assert.deepEqual(again, { kind: "version-differs", version: 2 });
      assert.deepEqual(await receivers.update("none", webhook()), { kind: "unknown" });
      const [raised] = await alerts.apply([raiseAt(t0)], t0);
      assert(raised);
      assert.equal(await receivers.remove(made.id), true);
      assert.equal(await receivers.remove(made.id), false);
      const [told] = await alerts.told(raised.alert.id, 10);
      assert.deepEqual([told?.state, told?.detail], ["dropped", "the receiver was removed"]);
    });
  });

  describe(`records on ${name}: secrets of receivers`, () => {
    const telegram = { kind: "telegram", token: `123:${"a".repeat(30)}`, chat: "1" } as const;
    const email = {
      kind: "email" as const,
      host: "mail.example.org",
      user: "ops",
      password: "hunter2",
      from: "drover@example.org",
      to: ["ops@example.org"],
    };

    it("are asked for again when a change moves where they are sent", async () => {
      const { records, receivers } = await open();
      await using _ = records;
      const { token, ...bot } = telegram;
      const one = await receivers.create({ name: "Ops", channel: telegram });
      assert(one);
      const elsewhere = { ...bot, apiUrl: "https://evil.example.org" };
      const moved = receivers.update(one.id, receiver(elsewhere));
      await assert.rejects(moved, /channel.*token.*given again, because apiUrl/s);
      const kept = await receivers.update(one.id, receiver({ ...bot, chat: "2" }));
      assert(kept.kind === "changed" && kept.receiver.channel.kind === "telegram");
      assert.equal(kept.receiver.channel.token, token, "left out, the address is the default");
      const given = await receivers.update(one.id, receiver({ ...elsewhere, token }));
      assert.equal(given.kind, "changed");

      const { password: _password, ...mail } = email;
      const two = await receivers.create({ name: "Ops", channel: email });
      assert(two);
      for (const move of [{ host: "evil.example.org" }, { port: 25 }, { tls: "none" }]) {
        const asked = receivers.update(two.id, receiver({ ...mail, ...move }));
        await assert.rejects(asked, /channel.*password.*given again/s);
      }
      const same = await receivers.update(two.id, receiver({ ...mail, to: ["b@example.org"] }));
      assert(same.kind === "changed" && same.receiver.channel.kind === "email");
      assert.equal(same.receiver.channel.password, email.password);
    });

    it("are not shown where they stand in an address", async () => {
      const { records, receivers, notifications } = await open();
      await using _ = records;
      const url = "https://k3y@example.org/hooks/0123456789abcdef/short?token=t0k";
      const made = await receivers.create({ name: "Ops", channel: { kind: "webhook", url } });
      assert(made);
      const { channel } = viewOf(made, await notifications.status(made.id));
      assert(channel.kind === "webhook");
      assert.equal(channel.url, "https://***@example.org/hooks/***/short?token=***");
      const shown = await receivers.update(
        made.id,
        receiver({ kind: "webhook", url: channel.url }),
      );
      assert(shown.kind === "changed" && shown.receiver.channel.kind === "webhook");
      assert.equal(shown.receiver.channel.url, url, "given back as it is shown, it stays");
    });
  });

  describe(`records on ${name}: what a newer program wrote`, () => {
    it("keeps no alert from being told and no silence from holding", async () => {
      const { clock, records, alerts, silences, receivers, tellings } = await open();
      await using _ = records;
      const [one, two] = [await receivers.create(webhook()), await receivers.create(webhook())];
      const about = { match: { zones: ["port"] }, reason: "works", until: t0 + minute };
      const [first, second] = [
        await silences.create(about, "jo"),
        await silences.create(about, "jo"),
      ];
      assert(one && two && first && second);
      const body = JSON.stringify({ ...webhook(), isNew: true });
      await records.db.updateTable("receiver").set({ body }).where("id", "=", one.id).execute();
      await records.db
        .updateTable("silence")
        .set({ body: JSON.stringify({ ...first, isNew: true }) })
        .where("id", "=", first.id)
        .execute();
      const [raised] = await alerts.apply([raiseAt(t0)], t0);
      assert.equal(raised?.alert.silencedBy, second.id);
      assert.deepEqual(
        (await silences.list()).map(({ id }) => id),
        [second.id],
      );
      await clock.advance(minute);
      await alerts.tend(clock.now());
      assert.deepEqual(await tellings(), ["raised"]);
      assert.deepEqual(
        (await receivers.list()).map(({ id }) => id),
        [two.id],
      );
      assert.deepEqual(
        [await receivers.isThere(one.id), await receivers.isThere("no")],
        [true, false],
      );
    });
  });

  describe(`records on ${name}: what is to be told`, () => {
    it("goes into one message, which stays the same until it has ended", async () => {
      const { clock, records, alerts, receivers, notifications } = await open();
      await using _ = records;
      const made = await receivers.create(webhook());
      assert(made);
      const [raised] = await alerts.apply([raiseAt(t0), clearAt(t0 + 1)], t0);
      assert(raised);
      const [load] = await notifications.loads(t0);
      assert.deepEqual([load?.receiver, load?.waiting, load?.waitingSince], [made.id, 2, t0]);
      const options = { kind: "alerts", itemsMax: 10 } as const;
      const message = await notifications.take(made.id, options, t0);
      assert(message);
      assert.deepEqual(
        message.items.map(({ what, alert }) => `${what} ${alert.state}`),
        ["raised raised", "cleared cleared"],
        "told as it was then",
      );
      assert.equal(await notifications.take(made.id, options, t0), undefined);
      await notifications.postpone(message.id, t0 + 500, "5\u000003");
      await clock.advance(10);
      const again = await notifications.message(message.id);
      assert.deepEqual({ ...again, attempts: 0, nextAt: t0 }, message);
      const [after] = await notifications.loads(t0);
      assert.deepEqual(after?.open, { id: message.id, nextAt: t0 + 500 });
      assert.equal((await notifications.status(made.id)).lastFailure, "503");
      await notifications.finish(message.id, "sent", "2\u000000");
      await notifications.finish(message.id, "gave-up", "too late");
      assert.deepEqual(await notifications.loads(t0), []);
      const told = await alerts.told(raised.alert.id, 10);
      assert.deepEqual(
        told.map(({ what, state, attempts, detail }) => [what, state, attempts, detail]),
        [
          ["cleared", "sent", 2, "200"],
          ["raised", "sent", 2, "200"],
        ],
      );
      const status = await notifications.status(made.id);
      assert.deepEqual([status.lastSentAt, status.sentLastHour, status.waiting], [t0 + 10, 1, 0]);
    });

    it("counts the messages of an hour, and tests beside them", async () => {
      const { records, alerts, receivers, notifications } = await open();
      await using _ = records;
      const made = await receivers.create(webhook());
      assert(made);
      const [raised] = await alerts.apply([raiseAt(t0)], t0);
      assert(raised);
      const id = await notifications.requestTest(made.id, raised.alert);
      await notifications.take(made.id, { kind: "digest", itemsMax: 10 }, t0);
      const [load] = await notifications.loads(t0);
      assert.deepEqual(load?.tests, [id]);
      assert.deepEqual([load.lastHour, load.lastDigestAt, load.lastMessageAt], [1, t0, t0]);
      await notifications.finish(id, "gave-up", "refused");
      const ended = await notifications.state(id);
      assert.deepEqual([ended?.state, ended?.detail], ["gave-up", "refused"]);
      const status = await notifications.status(made.id);
      assert.deepEqual([status.gaveUp, status.lastFailure], [1, "refused"]);
      await notifications.drop(made.id, "switched off");
      assert.deepEqual(await notifications.loads(t0), []);
      await notifications.forgetBefore(t0 + notifiableMs);
      assert.deepEqual(await alerts.told(raised.alert.id, 10), []);
    });
  });

  describe(`records on ${name}: a job's lease`, () => {
    it("has one holder, who keeps it by renewing it and hands it on", async () => {
      const { clock, records } = await open();
      await using _ = records;
      const lease = (holder: string) =>
        createJobLease({ job: "notifier", holder, ttlMs: 1_000 }, { records, clock });
      const [a, b] = [lease("a"), lease("b")];
      const held = await Promise.all([a.hold(), b.hold(), a.hold()]);
      assert.equal(held[0] !== held[1], true);
      const [holder, other] = held[0] ? [a, b] : [b, a];
      await clock.advance(900);
      assert.equal(await holder.hold(), true);
      await clock.advance(900);
      assert.equal(await other.hold(), false);
      await clock.advance(200);
      assert.equal(await other.hold(), true);
      assert.equal(await holder.hold(), false);
      await other.release();
      assert.equal(await holder.hold(), true);
    });
  });
}
