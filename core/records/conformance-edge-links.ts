// oxlint-disable max-lines-per-function -- a suite is as long as its facts.
// What the state of edges does on every database; conformance.ts runs it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FakeClock } from "../service/clock.ts";
import {
  createEdgeLinks,
  edgesMax,
  lateAfterMs,
  silentAfterMs,
  type EdgeNote,
} from "./edge-links.ts";
import type { Records } from "./open.ts";

export function describeEdgeLinks(
  name: string,
  openFresh: () => Promise<{ readonly records: Records; readonly clock: FakeClock }>,
): void {
  const setUp = async () => {
    const { records, clock } = await openFresh();
    return { records, clock, links: createEdgeLinks({ records, clock }), nowMs: clock.now() };
  };
  const backlog = { reports: 12, bytes: 3_456, oldestAt: 1_700_000_000_123, drainMs: 42_000 };

  describe(`records on ${name}: links of edges`, () => {
    it("tells what was noted, who was heard of last first", async () => {
      const { records, links, nowMs } = await setUp();
      await using _ = records;
      const told = { at: nowMs - 5_000, backlog };
      await links.note([
        { edge: "a", receivedAt: nowMs - 1, epoch: 4_000_000_000, through: 2 ** 53 - 1, told },
        { edge: "b", receivedAt: nowMs, epoch: 1, through: 0 },
      ]);
      assert.deepEqual(await links.list(), [
        { edge: "b", lastReceivedAt: nowMs, epoch: 1, through: 0, state: "up" },
        {
          edge: "a",
          lastReceivedAt: nowMs - 1,
          epoch: 4_000_000_000,
          through: 2 ** 53 - 1,
          backlog: { ...backlog, toldAt: nowMs - 5_000 },
          state: "up",
        },
      ]);
    });

    it("lets an edge be late and then silent by the region's clock", async () => {
      const { records, links, clock, nowMs } = await setUp();
      await using _ = records;
      await links.note([{ edge: "a", receivedAt: nowMs, epoch: 1, through: 0 }]);
      const stateAfter = async (ms: number) => {
        clock.jump(ms);
        return (await links.list())[0]?.state;
      };
      assert.equal(await stateAfter(lateAfterMs), "up");
      assert.equal(await stateAfter(1), "late");
      assert.equal(await stateAfter(silentAfterMs - lateAfterMs - 1), "late");
      assert.equal(await stateAfter(1), "silent");
    });

    it("ends alike in whatever order several processes write", async () => {
      const { records, links, nowMs } = await setUp();
      await using _ = records;
      const notes: readonly EdgeNote[] = [
        { edge: "", receivedAt: nowMs + 3, epoch: 2, through: 7 },
        { edge: "", receivedAt: nowMs + 2, epoch: 2, through: 9, told: { at: nowMs + 2, backlog } },
        {
          edge: "",
          receivedAt: nowMs + 1,
          epoch: 1,
          through: 50,
          told: { at: nowMs + 1, backlog: { reports: 99, bytes: 99 } },
        },
      ];
      for (const [at, order] of [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
      ].entries()) {
        const edge = `e${at}`;
        for (const index of order) {
          const note = notes[index];
          if (note !== undefined) await links.note([{ ...note, edge }]);
        }
        const found = (await links.list()).find((each) => each.edge === edge);
        assert.deepEqual(found, {
          edge,
          lastReceivedAt: nowMs + 3,
          epoch: 2,
          through: 9,
          backlog: { ...backlog, toldAt: nowMs + 2 },
          state: "up",
        });
      }
    });

    it("takes back what an edge no longer says of its backlog", async () => {
      const { records, links, nowMs } = await setUp();
      await using _ = records;
      const note = { edge: "a", receivedAt: nowMs, epoch: 1, through: 0 };
      await links.note([{ ...note, told: { at: nowMs, backlog } }]);
      const empty = { reports: 0, bytes: 0 };
      await links.note([{ ...note, told: { at: nowMs + 1, backlog: empty } }]);
      assert.deepEqual((await links.list())[0]?.backlog, { ...empty, toldAt: nowMs + 1 });
    });

    it("remembers so many edges and forgets who was silent for longest", async () => {
      const { records, links, nowMs } = await setUp();
      await using _ = records;
      const names = Array.from({ length: edgesMax + 3 }, (_, index) => `edge-${index}`);
      await links.note(
        names.map((edge, index) => ({ edge, receivedAt: nowMs + index, epoch: 1, through: 0 })),
      );
      const kept = await links.list();
      assert.equal(kept.length, edgesMax);
      assert.equal(kept.at(-1)?.edge, "edge-3");
      const rows = await records.db.selectFrom("edge_link").select("edge").execute();
      assert.equal(rows.length, edgesMax);
    });
  });
}
