import assert from "node:assert/strict";
import { test } from "node:test";
import { createOpenskyDouble, openskyApiUrl, openskyTokenUrl } from "./opensky.ts";

const row = (lon: number, lat: number): unknown[] => {
  const before: unknown[] = [
    "4b1814",
    "SWR1    ",
    "Switzerland",
    1,
    1,
    lon,
    lat,
    1,
    false,
    1,
    1,
    0,
  ];
  return before.concat([null, 1, "1000", false, 0, 4]);
};

function start(anonymousCredits = 400) {
  const clock = { nowMs: Date.UTC(2026, 0, 10, 23) };
  const double = createOpenskyDouble({
    states: { time: 1, states: [row(8.5, 47.4), row(100, 10)] },
    nowMs: () => clock.nowMs,
    clientId: "id",
    clientSecret: "secret",
    anonymousCredits,
  });
  const states = (query: string, headers: Record<string, string> = {}) =>
    double.fetch(`${openskyApiUrl}/states/all${query}`, { headers });
  const token = (body: string, type = "application/x-www-form-urlencoded") =>
    double.fetch(openskyTokenUrl, { method: "POST", body, headers: { "content-type": type } });
  return { clock, double, states, token };
}

const good = "grant_type=client_credentials&client_id=id&client_secret=secret";

test("a token is given for a right form alone", async () => {
  const { token } = start();
  const table = [
    [good, undefined, 200, undefined],
    [good, "application/json", 415, undefined],
    [good.replace("client_credentials", "password"), undefined, 400, "unsupported_grant_type"],
    ["client_id=id&client_secret=secret", undefined, 400, "invalid_request"],
    [good.replace("=secret", "=wrong"), undefined, 401, "unauthorized_client"],
  ] as const;
  for (const [body, type, status, error] of table) {
    const response = await token(body, type);
    assert.equal(response.status, status, body);
    const answer: { error?: string } = JSON.parse(await response.text());
    if (error !== undefined) assert.equal(answer.error, error);
  }
});

test("a box is whole and in range, or refused", async () => {
  const { states } = start();
  const box = "?lamin=45&lomin=5&lamax=48&lomax=11";
  const table = [
    ["", 200],
    [box, 200],
    ["?lamin=45&lomin=5&lamax=48", 400],
    ["?lamin=48&lomin=5&lamax=45&lomax=11", 400],
    ["?lamin=45&lomin=175&lamax=48&lomax=-175", 400],
    ["?lamin=45&lomin=x&lamax=48&lomax=11", 400],
    ["?lamin=-91&lomin=5&lamax=48&lomax=11", 400],
  ] as const;
  for (const [query, status] of table) assert.equal((await states(query)).status, status, query);
  const inBox: { states: unknown[][] } = JSON.parse(
    await (await states(`${box}&extended=1`)).text(),
  );
  assert.deepEqual(inBox.states, [row(8.5, 47.4)]);
  const empty: unknown = JSON.parse(
    await (await states("?lamin=0&lomin=0&lamax=1&lomax=1")).text(),
  );
  assert.deepEqual(empty, { time: 1, states: null });
});

test("names and passwords, and tokens that ended, are refused", async () => {
  const { clock, states, token } = start();
  assert.equal((await states("", { authorization: "Basic aWQ6c2VjcmV0" })).status, 401);
  assert.equal((await states("", { authorization: "Bearer made-up" })).status, 401);
  const answer: { access_token: string; expires_in: number } = JSON.parse(
    await (await token(good)).text(),
  );
  const authorization = `Bearer ${answer.access_token}`;
  assert.equal((await states("", { authorization })).status, 200);
  clock.nowMs += answer.expires_in * 1000;
  assert.equal((await states("", { authorization })).status, 401);
});

test("credits are counted by area, and without them the wait is told in OpenSky's own header", async () => {
  const { states } = start(5);
  assert.equal((await states("")).headers.get("x-rate-limit-remaining"), "1");
  const refused = await states("");
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get("x-rate-limit-retry-after-seconds"), "3600");
  assert.equal(refused.headers.get("retry-after"), null);
  assert.equal(await refused.text(), "Too many requests");
  assert.equal((await states("?lamin=45&lomin=5&lamax=48&lomax=11")).status, 200);
});
