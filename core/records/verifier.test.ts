import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock } from "../service/clock.ts";
import { silentLog } from "../service/log.ts";
import { openRecords } from "./open.ts";
import { createTokens } from "./tokens.ts";
import type { Tokens } from "./tokens.ts";
import { createTokenVerifier } from "./verifier.ts";

async function setUp(config: { entriesMax?: number } = {}) {
  const clock = createFakeClock();
  const records = await openRecords({ url: "sqlite::memory:" }, { clock });
  const tokens = createTokens({ records, clock });
  const asked: string[] = [];
  const counted: Pick<Tokens, "find" | "touch"> = {
    touch: (id) => tokens.touch(id),
    find: (token) => {
      asked.push(token);
      return tokens.find(token);
    },
  };
  const verifier = createTokenVerifier(config, { tokens: counted, clock, log: silentLog });
  return { clock, records, tokens, asked, verifier };
}

describe("token verifier", () => {
  it("asks the store once for many calls within its memory", async () => {
    const { records, tokens, verifier, asked } = await setUp();
    await using _ = records;
    const { token, record } = await tokens.create({ role: "edge", label: "a", edge: "edge-1" });
    const answers = await Promise.all([1, 2, 3].map(() => verifier.verify(token)));
    for (const answer of answers) {
      assert.deepEqual(answer, { tokenId: record.id, role: "edge", edge: "edge-1" });
    }
    assert.equal(asked.length, 1);
  });

  it("lets a revocation take effect within five seconds", async () => {
    const { records, tokens, verifier, clock } = await setUp();
    await using _ = records;
    const { token, record } = await tokens.create({ role: "viewer", label: "a" });
    assert(await verifier.verify(token));
    await tokens.revoke(record.id);
    await clock.advance(4_999);
    assert(await verifier.verify(token));
    await clock.advance(1);
    assert.equal(await verifier.verify(token), undefined);
  });

  it("refuses at the moment of expiry, whatever it remembers", async () => {
    const { records, tokens, verifier, clock } = await setUp();
    await using _ = records;
    const expiresAt = clock.now() + 1_000;
    const { token } = await tokens.create({ role: "viewer", label: "a", expiresAt });
    assert(await verifier.verify(token));
    await clock.advance(1_000);
    assert.equal(await verifier.verify(token), undefined);
  });

  it("remembers refusals too, and at most as many answers as its bound", async () => {
    const { records, verifier, asked } = await setUp({ entriesMax: 2 });
    await using _ = records;
    for (const text of ["a", "a", "b", "c", "c", "b"]) {
      assert.equal(await verifier.verify(text), undefined);
    }
    assert.deepEqual(asked, ["a", "b", "c"]);
    await verifier.verify("a");
    assert.deepEqual(asked, ["a", "b", "c", "a"]);
  });

  it("says 503 when the store does not answer, and asks again at the next call", async () => {
    const { records, tokens, clock } = await setUp();
    await using _ = records;
    const { token } = await tokens.create({ role: "viewer", label: "a" });
    let isAway = true;
    const find = (text: string) =>
      isAway ? Promise.reject(new Error("connection refused")) : tokens.find(text);
    const touch = (id: string) => tokens.touch(id);
    const deps = { tokens: { find, touch }, clock, log: silentLog };
    const verifier = createTokenVerifier({}, deps);
    await assert.rejects(verifier.verify(token), { name: "Problem", message: /token store/ });
    isAway = false;
    assert(await verifier.verify(token));
  });

  it("notes the last use once a minute", async () => {
    const { records, tokens, verifier, clock } = await setUp();
    await using _ = records;
    const startedAt = clock.now();
    const { token } = await tokens.create({ role: "viewer", label: "a" });
    for (let calls = 0; calls < 14; calls++) {
      await verifier.verify(token);
      await clock.advance(5_000);
    }
    assert.equal((await tokens.list())[0]?.lastUsedAt, startedAt + 60_000);
  });
});
