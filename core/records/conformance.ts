// oxlint-disable max-lines-per-function -- a suite is as long as its facts.
// What every database behind `openRecords` must do. Each adapter's test file runs this suite.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock } from "../service/clock.ts";
import { describeEdgeLinks } from "./conformance-edge-links.ts";
import { migrations, migrate, RecordsTooNewError } from "./migrations.ts";
import { openRecords } from "./open.ts";
import { createTokens } from "./tokens.ts";

export interface ConformanceSubject {
  /** An address of an empty database, a new one at each call. */
  freshUrl(): Promise<string>;
}

const nowMs = 1_800_000_000_000;

export function describeRecords(name: string, subject: ConformanceSubject): void {
  async function openFresh() {
    const clock = createFakeClock({ nowMs });
    const records = await openRecords({ url: await subject.freshUrl() }, { clock });
    return { clock, records, tokens: createTokens({ records, clock }) };
  }

  describe(`records on ${name}: migrations`, () => {
    it("gives an empty database the newest shape, once, when four starters race", async () => {
      const clock = createFakeClock({ nowMs });
      const url = await subject.freshUrl();
      const opened = await Promise.all([1, 2, 3, 4].map(() => openRecords({ url }, { clock })));
      await using records = opened[0];
      assert(records !== undefined);
      const rows = await records.db.selectFrom("migration").selectAll().execute();
      assert.deepEqual(
        rows.map((row) => row.number),
        migrations.map((migration) => migration.number),
      );
      assert.equal(rows[0]?.applied_at, nowMs);
      for (const other of opened.slice(1)) await other[Symbol.asyncDispose]();
    });

    it("does nothing to a database that is up to date", async () => {
      const { records, clock } = await openFresh();
      await using _ = records;
      assert.deepEqual(await migrate(records.db, records.engine, { clock }), []);
    });

    it("refuses a database that a newer Drover made", async () => {
      const { records, clock } = await openFresh();
      await using _ = records;
      const newer = { number: 999, name: "from the future", applied_at: nowMs };
      await records.db.insertInto("migration").values(newer).execute();
      await assert.rejects(migrate(records.db, records.engine, { clock }), RecordsTooNewError);
    });

    it("answers a ping", async () => {
      const { records } = await openFresh();
      await using _ = records;
      await records.ping();
    });
  });

  describeEdgeLinks(name, openFresh);

  describe(`records on ${name}: tokens`, () => {
    it("finds a token by its text and stores neither the text nor a part of it", async () => {
      const { records, tokens } = await openFresh();
      await using _ = records;
      const wanted = { role: "edge", label: "Gänserndorf 📡", edge: "edge-1" } as const;
      const { token, record } = await tokens.create(wanted);
      assert.match(token, /^drv_edge_[\w-]{43}$/);
      assert.deepEqual(await tokens.find(token), {
        principal: { tokenId: record.id, role: "edge", edge: "edge-1" },
        expiresAt: undefined,
        lastUsedAt: undefined,
      });
      const stored = JSON.stringify(await records.db.selectFrom("token").selectAll().execute());
      assert(!stored.includes(token.slice("drv_edge_".length, -30)));
    });

    it("does not find what it did not make", async () => {
      const { records, tokens } = await openFresh();
      await using _ = records;
      const { token } = await tokens.create({ role: "admin", label: "first" });
      const other = token.slice(0, -1) + (token.endsWith("A") ? "B" : "A");
      const strangers = ["", "drv_admin_", "x".repeat(100_000), token + "x", other];
      for (const text of strangers) assert.equal(await tokens.find(text), undefined);
    });

    it("does not find a revoked token, and keeps the time of the first revocation", async () => {
      const { records, tokens, clock } = await openFresh();
      await using _ = records;
      const { token, record } = await tokens.create({ role: "viewer", label: "screen" });
      assert.equal(await tokens.revoke(record.id), true);
      clock.jump(1_000);
      assert.equal(await tokens.revoke(record.id), true);
      assert.equal(await tokens.revoke("tok_none"), false);
      assert.equal(await tokens.find(token), undefined);
      assert.equal((await tokens.list())[0]?.revokedAt, nowMs);
    });

    it("does not find an expired token", async () => {
      const { records, tokens, clock } = await openFresh();
      await using _ = records;
      const expiresAt = nowMs + 1_000;
      const { token } = await tokens.create({ role: "operator", label: "guest", expiresAt });
      clock.jump(999);
      assert.equal((await tokens.find(token))?.principal.role, "operator");
      clock.jump(1);
      assert.equal(await tokens.find(token), undefined);
    });

    it("lists the newest first, with all that is known but the text", async () => {
      const { records, tokens, clock } = await openFresh();
      await using _ = records;
      const first = await tokens.create({ role: "edge", label: "one" });
      clock.jump(1);
      const second = await tokens.create({ role: "admin", label: "two" });
      assert.deepEqual(await tokens.list(), [second.record, first.record]);
      assert.deepEqual(await tokens.list(1), [second.record]);
    });

    it("notes the last use to the minute", async () => {
      const { records, tokens, clock } = await openFresh();
      await using _ = records;
      const { record } = await tokens.create({ role: "edge", label: "one" });
      await tokens.touch(record.id);
      clock.jump(59_999);
      await tokens.touch(record.id);
      assert.equal((await tokens.list())[0]?.lastUsedAt, nowMs);
      clock.jump(1);
      await tokens.touch(record.id);
      assert.equal((await tokens.list())[0]?.lastUsedAt, nowMs + 60_000);
    });

    it("refuses a binding on any role but edge, and values beyond their limits", async () => {
      const { records, tokens } = await openFresh();
      await using _ = records;
      const bound = { role: "admin", label: "a", edge: "edge-1" } as const;
      await assert.rejects(tokens.create(bound), /only a token of role edge/);
      await assert.rejects(tokens.create({ role: "edge", label: "" }), { name: "ZodError" });
      await assert.rejects(tokens.create({ role: "edge", label: "a", edge: "No!" }), {
        name: "ZodError",
      });
      assert.deepEqual(await tokens.list(), []);
    });

    it("keeps what was revoked while another connection was creating", async () => {
      const { records, tokens } = await openFresh();
      await using _ = records;
      const made = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          tokens.create({ role: "edge", label: `edge ${index}` }),
        ),
      );
      const revoked = made.slice(0, 10).map(({ record }) => tokens.revoke(record.id));
      assert.deepEqual(await Promise.all(revoked), Array(10).fill(true));
      const found = await Promise.all(made.map(({ token }) => tokens.find(token)));
      assert.equal(found.filter((token) => token !== undefined).length, 10);
    });
  });
}
