import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { IncomingHttpHeaders } from "node:http";
import { Problem } from "@drover/core/service/problem";
import { readSender } from "./headers.ts";

const whole = {
  "drover-edge": "edge-darwin",
  "drover-epoch": "3",
  "drover-first-seq": "17",
  "drover-sent-at": "1800000000000",
  "drover-lane": "backfill",
  "drover-link": "backlog=1, bytes=2",
};

describe("readSender", () => {
  it("reads what an edge says", () => {
    assert.deepEqual(readSender(whole), {
      producer: { edge: "edge-darwin", epoch: 3 },
      firstSeq: 17,
      sentAt: 1_800_000_000_000,
      lane: "backfill",
      link: "backlog=1, bytes=2",
    });
  });

  it("takes a device that says nothing", () => {
    const nothing = { producer: undefined, firstSeq: undefined, sentAt: undefined };
    assert.deepEqual(readSender({}), { ...nothing, lane: "live", link: undefined });
  });

  const table: readonly [IncomingHttpHeaders, string, RegExp][] = [
    [{ ...whole, "drover-edge": "Edge" }, "drover-edge", /1 to 64/],
    [{ ...whole, "drover-edge": "" }, "drover-edge", /1 to 64/],
    [{ ...whole, "drover-edge": "x".repeat(65) }, "drover-edge", /1 to 64/],
    [{ ...whole, "drover-epoch": "0" }, "drover-epoch", /from 1 to 4294967295/],
    [{ ...whole, "drover-epoch": "4294967296" }, "drover-epoch", /from 1 to 4294967295/],
    [{ ...whole, "drover-epoch": undefined }, "drover-epoch", /is required with drover-edge/],
    [{ ...whole, "drover-first-seq": "-1" }, "drover-first-seq", /from 1 to 9007199254740991/],
    [{ ...whole, "drover-first-seq": "9007199254740992" }, "drover-first-seq", /from 1 to/],
    [{ ...whole, "drover-first-seq": "1e3" }, "drover-first-seq", /from 1 to/],
    [{ ...whole, "drover-sent-at": "yesterday" }, "drover-sent-at", /to 4102444800000/],
    [{ ...whole, "drover-lane": "fast" }, "drover-lane", /live, backfill/],
    [{ "drover-epoch": "1" }, "drover-epoch", /means nothing without drover-edge/],
    [{ "drover-first-seq": "1" }, "drover-first-seq", /means nothing without drover-edge/],
  ];
  for (const [headers, name, detail] of table) {
    it(`names the header and the limit: ${name} ${JSON.stringify(headers[name])}`, () => {
      assert.throws(
        () => readSender(headers),
        (error) => {
          assert(error instanceof Problem);
          assert.equal(error.facts.status, 400);
          assert.deepEqual(
            error.facts.fields?.map(({ field }) => field),
            [name],
          );
          assert.match(error.facts.fields?.[0]?.detail ?? "", detail);
          return true;
        },
      );
    });
  }
});
