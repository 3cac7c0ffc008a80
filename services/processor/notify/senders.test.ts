import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Channel } from "@drover/core/model/receiver";
import type { Message } from "@drover/core/records/notifications";
import { listenPagerduty } from "../../../test/doubles/pagerduty.ts";
import { listenSlack } from "../../../test/doubles/slack.ts";
import { hasOpenssl, listenSmtp } from "../../../test/doubles/smtp.ts";
import { listenTelegram } from "../../../test/doubles/telegram.ts";
import { listenWebhook } from "../../../test/doubles/webhook.ts";
import { isAllowedAddress } from "./addresses.ts";
import { createSend } from "./senders.ts";
import { item, messageOf, receiverFor, t0 } from "./testing.ts";

const nowMs = () => t0;
const consoleUrl = "http://drover.test:8080/";
const send = createSend({ nowMs, allowsPrivate: true, consoleUrl });
const seconds = (count: number) => AbortSignal.timeout(count * 1_000);
const to = (channel: Channel, message: Message) => send(receiverFor(channel), message, seconds(5));

const many = messageOf(
  Array.from({ length: 60 }, (_item, number) => item("raised", number)),
  { kind: "digest" },
);

describe("a webhook", () => {
  const secret = "a secret of sixteen";
  it("gets JSON that its signature vouches for, and the same id at each try", async () => {
    await using hook = await listenWebhook(secret, nowMs);
    const channel = { kind: "webhook", url: hook.url, secret } as const;
    const message = messageOf([item("raised"), item("cleared", 2)]);
    assert.deepEqual(await to(channel, message), { kind: "sent", detail: "200 ok" });
    await to(channel, message);
    assert.equal(hook.taken.length, 1, "a repetition is known by its id");
    const body = JSON.stringify(hook.taken[0]?.body);
    assert(body.includes("12.1 m/s") && body.includes("?alert=000"), body);
    const other = await to({ ...channel, secret: "another secret, of course" }, message);
    assert.deepEqual(other, { kind: "refused", detail: "400 the signature is wrong" });
  });

  it("may ask for time, refuse, or not answer", async () => {
    await using hook = await listenWebhook(secret, nowMs);
    const channel = { kind: "webhook", url: hook.url, secret } as const;
    const message = messageOf([item("raised")]);
    hook.fail({ status: 429, body: "slow down", headers: { "retry-after": "7" } });
    const later = { kind: "retry", detail: "429 slow down", retryAfterMs: 7_000 };
    assert.deepEqual(await to(channel, message), later);
    const date = new Date(t0 + 90_000).toUTCString();
    hook.fail({ status: 503, body: "", headers: { "retry-after": date } });
    const dated = await to(channel, message);
    assert(dated.kind === "retry" && dated.retryAfterMs === 90_000);
    hook.fail({ status: 302, body: "", headers: { location: "http://127.0.0.1:9/" } });
    assert.equal((await to(channel, message)).kind, "retry", "redirects are not followed");
    hook.fail("hang");
    const hung = await send(receiverFor(channel), message, AbortSignal.timeout(50));
    assert.deepEqual(hung, { kind: "retry", detail: "no answer in time" });
    const away = await to({ ...channel, url: "http://127.0.0.1:1/" }, message);
    assert.deepEqual(away, { kind: "retry", detail: "no connection: ECONNREFUSED" });
  });

  it("may be on one's own network, unless that is refused, and never at link-local addresses", async () => {
    const guarded = createSend({ nowMs, allowsPrivate: false, consoleUrl: undefined });
    const message = messageOf([item("raised")]);
    for (const url of ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"]) {
      const outcome = await guarded(receiverFor({ kind: "webhook", url }), message, seconds(2));
      assert.equal(outcome.kind, "refused", url);
    }
    const table = [
      ["169.254.169.254", false, false],
      ["::ffff:169.254.169.254", false, false],
      ["fe80::1", false, false],
      ["10.1.2.3", true, false],
      ["::ffff:10.1.2.3", true, false],
      ["100.64.0.1", true, false],
      ["fd12::1", true, false],
      ["0.0.0.0", true, false],
      ["93.184.216.34", true, true],
      ["2606:2800:220:1::1", true, true],
    ] as const;
    for (const [address, own, guardedToo] of table) {
      assert.equal(isAllowedAddress(address, true), own, address);
      assert.equal(isAllowedAddress(address, false), guardedToo, address);
    }
  });
});

describe("Telegram", () => {
  const token = "12345:abcdefghijklmnopqrstuvwxyz";
  it("gets well-marked text of its length, is waited for, and says what is wrong", async () => {
    await using telegram = await listenTelegram(token, ["-100200"]);
    const channel = { kind: "telegram", token, chat: "-100200", apiUrl: telegram.origin } as const;
    assert.equal((await to(channel, messageOf([item("raised")]))).kind, "sent");
    assert.match(telegram.sent[0] ?? "", /Warning: Too fast: vessel:1 &lt;&amp;&gt;/);
    assert.equal((await to(channel, many)).kind, "sent");
    assert.match(telegram.sent[1] ?? "", /and \d+ more/);
    telegram.limit(3);
    const limited = await to(channel, messageOf([item("raised")]));
    assert(limited.kind === "retry" && limited.retryAfterMs === 3_000);
    const lost = await to({ ...channel, chat: "@nowhere" }, messageOf([item("raised")]));
    assert.deepEqual(lost, { kind: "refused", detail: "400 Bad Request: chat not found" });
    const wrong = await to({ ...channel, token: `${token}x` }, messageOf([item("raised")]));
    assert.deepEqual([wrong.kind, wrong.detail], ["retry", "401 Unauthorized"]);
  });
});

describe("Slack", () => {
  it("gets blocks that it takes, and is believed when it refuses", async () => {
    await using slack = await listenSlack();
    const channel = { kind: "slack", url: slack.url } as const;
    assert.deepEqual(await to(channel, messageOf([item("raised")])), {
      kind: "sent",
      detail: "200 ok",
    });
    assert.equal((await to(channel, many)).kind, "sent");
    slack.fail({ status: 400, body: "invalid_payload" });
    const refused = await to(channel, messageOf([item("raised")]));
    assert.deepEqual(refused, { kind: "refused", detail: "400 invalid_payload" });
    const gone = await to({ ...channel, url: `${slack.origin}/gone` }, messageOf([item("raised")]));
    assert.deepEqual([gone.kind, gone.detail], ["retry", "404 no_service"]);
  });
});

describe("PagerDuty", () => {
  const routingKey = "R".repeat(32);
  it("opens, acknowledges and resolves one incident an alert, however often it is told", async () => {
    await using pagerduty = await listenPagerduty(routingKey);
    const channel = { kind: "pagerduty", routingKey, apiUrl: pagerduty.origin } as const;
    const key = item("raised").alert.id;
    await to(channel, messageOf([item("raised")]));
    await to(channel, messageOf([item("raised")]));
    assert.equal(pagerduty.incidents.size, 1);
    await to(channel, messageOf([item("acknowledged")]));
    assert.equal(pagerduty.incidents.get(key)?.state, "acknowledged");
    const sent = await to(channel, messageOf([item("cleared")]));
    assert.deepEqual(sent, { kind: "sent", detail: "202 Event processed" });
    assert.equal(pagerduty.incidents.get(key)?.state, "resolved");
    pagerduty.limit(1);
    assert.equal((await to(channel, messageOf([item("raised")]))).kind, "retry");
    const digest = await to(channel, many);
    assert.equal(digest.kind, "sent");
    assert.equal(pagerduty.incidents.get(many.id)?.summary, "Digest of alerts: 60 warning");
    const wrong = await to({ ...channel, routingKey: "X".repeat(32) }, messageOf([item("raised")]));
    assert.equal(wrong.kind, "refused");
    assert.match(wrong.detail, /routing_key/);
  });
});

const openssl = (await hasOpenssl()) ? {} : { skip: "openssl is not installed" };

describe("e-mail", openssl, () => {
  it("goes out encrypted, with a password, and the same message id at each try", async () => {
    await using smtp = await listenSmtp("drover", "correct horse");
    const { port, caPem } = smtp;
    const account = { user: "drover", password: "correct horse", from: "drover@example.org" };
    const channel = {
      ...({ kind: "email", host: "localhost", port, tls: "starttls", caPem } as const),
      ...account,
      to: ["jo@example.org"],
    };
    const message = messageOf([item("raised")]);
    const sent = await to(channel, message);
    assert.equal(sent.kind, "sent", sent.detail);
    assert.deepEqual(smtp.mails[0]?.to, ["jo@example.org"]);
    assert.match(smtp.mails[0].text, /Message-ID: <(ab){16}@example\.org>/i);
    const untrusted = await to({ ...channel, caPem: undefined }, message);
    assert.equal(untrusted.kind, "retry", "a certificate that nobody vouches for is refused");
    const wrong = await to({ ...channel, password: "battery staple" }, message);
    assert.deepEqual([wrong.kind, /535/.test(wrong.detail)], ["retry", true]);
    smtp.fail(451, "4.3.0 try later");
    assert.equal((await to(channel, message)).kind, "retry");
    smtp.fail(554, "5.7.1 refused");
    assert.equal((await to(channel, message)).kind, "refused");
    const nobody = await to({ ...channel, to: ["nobody@example.org"] }, message);
    assert.equal(nobody.kind, "refused", nobody.detail);
  });
});
