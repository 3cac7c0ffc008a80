import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createAlerts, type Alerts } from "@drover/core/records/alerts";
import { createNotifications } from "@drover/core/records/notifications";
import type { Role } from "@drover/core/service/auth";
import { systemClock } from "@drover/core/service/clock";
import { raiseAt } from "@drover/core/watch/alerts/testing";
import { type ServedApi, serveApi } from "../serve-test.ts";

let api: ServedApi;
let alerts: Alerts;
const clock = systemClock;

before(async () => {
  api = await serveApi();
  alerts = createAlerts({ records: api.records, clock });
});
after(() => api[Symbol.asyncDispose]());

async function send(method: string, path: string, body: unknown, role: Role = "operator") {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${api.tokens[role]}`,
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look at many shapes
  const json: any = await response.json();
  return { status: response.status, json, headers: response.headers };
}

let made = 0;
async function raise(over: Parameters<typeof raiseAt>[1] = {}): Promise<string> {
  const cause = `zone:port:entered:vessel:${++made}`;
  const event = { ...raiseAt(clock.now()).event, id: `event-${made}` };
  const change = raiseAt(clock.now(), { cause, event, asset: `vessel:${made}`, ...over });
  const [changed] = await alerts.apply([change], clock.now());
  assert(changed);
  return changed.alert.id;
}

describe("/v1/alerts", () => {
  it("lists by state and severity, page by page, and tells of one with its events", async () => {
    const ids = [await raise(), await raise({ severity: "critical" }), await raise()];
    const first = await api.get("/v1/alerts?limit=2&state=raised,acknowledged");
    assert.equal(first.json.items.length, 2);
    const rest = await api.get(`/v1/alerts?limit=2&cursor=${first.json.next}`);
    assert.equal(rest.json.items.length, 1);
    const critical = await api.get("/v1/alerts?severity=critical");
    assert.deepEqual(
      critical.json.items.map((one: { id: string }) => one.id),
      [ids[1]],
    );
    const one = await api.get(`/v1/alerts/${ids[1]}`);
    assert.equal(one.json.severity, "critical");
    const events = await api.get(`/v1/alerts/${ids[1]}/events`);
    assert.equal(events.json.items[0].kind, "raise");
    assert.deepEqual((await api.get(`/v1/alerts/${ids[1]}/told`)).json, { items: [] });
    assert.equal((await api.get(`/v1/alerts/${"0".repeat(32)}`)).status, 404);
    assert.equal((await api.get("/v1/alerts?state=open")).status, 400);
    assert.equal((await api.get("/v1/alerts?cursor=eA")).status, 400);
  });

  it("takes an operator's word with a note, under the name of the token, and no viewer's", async () => {
    const [one, two, three] = [await raise(), await raise(), await raise()];
    const path = `/v1/alerts/${one}/acknowledge`;
    assert.equal((await send("POST", path, {}, "viewer")).status, 403);
    const taken = await send("POST", path, { note: "on it" });
    assert.deepEqual(
      [taken.json.state, taken.json.acknowledgedBy, taken.json.acknowledgedNote],
      ["acknowledged", "operator", "on it"],
    );
    const over = await send("POST", `/v1/alerts/${one}/clear`, undefined);
    assert.deepEqual([over.json.state, over.json.clearedWho], ["cleared", "operator"]);
    const ids = [two, three, "f".repeat(32)];
    const bulk = await send("POST", "/v1/alerts/acknowledge", { ids });
    assert.deepEqual(
      bulk.json.items.map((alert: { state: string }) => alert.state),
      ["acknowledged", "acknowledged"],
    );
    assert.equal((await send("POST", path, { note: "" })).status, 400);
  });
});

describe("/v1/silences", () => {
  it("keep alerts from being told and are ended by hand", async () => {
    const until = clock.now() + 60_000;
    const body = { match: { zones: ["quay"] }, reason: "works", until };
    const created = await send("POST", "/v1/silences", body);
    assert.equal(created.status, 201);
    assert.equal(created.json.createdBy, "operator");
    const id = await raise({ zone: "quay" });
    assert.equal((await api.get(`/v1/alerts/${id}`)).json.silencedBy, created.json.id);
    const path = `/v1/silences/${created.json.id}`;
    const changed = await send("PUT", path, { ...body, reason: "longer", until: until + 1 });
    assert.equal(changed.json.reason, "longer");
    assert.equal((await api.get("/v1/silences?active=true")).json.items.length, 1);
    assert.equal((await send("DELETE", path, undefined)).status, 200);
    assert.equal((await api.get("/v1/silences?active=true")).json.items.length, 0);
    assert.equal((await api.get(`/v1/alerts/${id}`)).json.silencedBy, undefined);
    const past = await send("POST", "/v1/silences", { ...body, until: 1 });
    assert.equal(past.status, 400);
    assert.equal(past.json.errors[0].field, "until");
    assert.equal((await send("POST", "/v1/silences", body, "viewer")).status, 403);
    assert.equal((await send("DELETE", "/v1/silences/none", undefined)).status, 404);
  });
});

describe("/v1/receivers", () => {
  const body = { name: "Ops", channel: { kind: "webhook", url: "http://127.0.0.1:9/?key=s3cret" } };

  it("belong to admins, tell their secret once and never again", async () => {
    assert.equal((await send("POST", "/v1/receivers", body)).status, 403);
    const created = await send("POST", "/v1/receivers", body, "admin");
    assert.equal(created.status, 201);
    const { secret, id } = created.json;
    assert.match(secret, /^whsec_/);
    const path = `/v1/receivers/${id}`;
    const seen = [
      (await api.get("/v1/receivers", "admin")).text,
      (await api.get(path, "admin")).text,
      JSON.stringify((await send("PUT", path, { ...body, name: "Night" }, "admin")).json),
    ].join("\n");
    assert(seen.includes("Night") && !seen.includes(secret) && !seen.includes("s3cret"), seen);
    assert.equal((await api.get("/v1/receivers", "operator")).status, 403);
    const telegram = { kind: "telegram", token: "123:abcdefghijklmnopqrstuvwxyz", chat: "1" };
    const bad = await send(
      "PUT",
      path,
      { name: "x", channel: { ...telegram, chat: "?" } },
      "admin",
    );
    assert.equal(bad.status, 400);
    const other = await send("PUT", path, { name: "x", channel: telegram }, "admin");
    assert.equal(other.json.channel.hasToken, true);
    assert(!JSON.stringify(other.json).includes(telegram.token));
    assert.equal((await send("DELETE", path, undefined, "admin")).status, 200);
    assert.equal((await send("DELETE", path, undefined, "admin")).status, 404);
  });

  it("are tested through the notifier, and the answer says what happened", async () => {
    const created = await send("POST", "/v1/receivers", body, "admin");
    const notifications = createNotifications({ records: api.records, clock });
    const asked = send("POST", `/v1/receivers/${created.json.id}/test`, {}, "admin");
    for (let test: string | undefined; test === undefined; await clock.sleep(5)) {
      test = (await notifications.loads(clock.now()))[0]?.tests[0];
      if (test !== undefined) await notifications.finish(test, "gave-up", "503 asleep");
    }
    assert.deepEqual((await asked).json, { outcome: "failed", detail: "503 asleep" });
  });

  it("are in the OpenAPI document with alerts and silences", async () => {
    const { paths } = (await api.get("/openapi.json", "none")).json;
    for (const path of ["/v1/alerts", "/v1/silences/{id}", "/v1/receivers/{id}/test"]) {
      assert(path in paths, path);
    }
  });
});
