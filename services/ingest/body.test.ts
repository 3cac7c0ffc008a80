import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { constants, createZstdCompress, gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { Problem } from "@drover/core/service/problem";
import { eachLine, openBody } from "./body.ts";

const statusOf = (status: number, detail?: RegExp) => (error: unknown) => {
  assert(error instanceof Problem, String(error));
  assert.equal(error.facts.status, status);
  if (detail !== undefined) assert.match(error.facts.detail ?? "", detail);
  return true;
};

const encoders = { gzip: gzipSync, zstd: zstdCompressSync } as const;

describe("openBody", () => {
  for (const name of ["gzip", "zstd"] as const) {
    const compress = encoders[name];

    it(`opens ${name}, small and large`, async () => {
      for (const count of [0, 1, 1_000_000]) {
        const body = Buffer.alloc(count, "drover ");
        assert.deepEqual(await openBody(compress(body), name, 1_000_000), body);
      }
      const noise = Buffer.from(
        Array.from({ length: 300_000 }, (_, i) => (i * i * 7 + (i >> 3)) & 255),
      );
      assert.deepEqual(await openBody(compress(noise), name.toUpperCase(), 1_000_000), noise);
    });

    it(`gives up a ${name} bomb at the limit, and names it`, async () => {
      const bomb = compress(Buffer.alloc(64 * 1024 * 1024));
      assert(bomb.length < 100_000);
      const startRss = process.memoryUsage().arrayBuffers;
      await assert.rejects(openBody(bomb, name, 100_000), statusOf(413, /more than 100000 bytes/));
      assert(process.memoryUsage().arrayBuffers - startRss < 32 * 1024 * 1024);
    });

    it(`refuses ${name} that is cut anywhere`, async () => {
      const whole = compress(Buffer.from("a line\n".repeat(50)));
      for (let cut = 0; cut < whole.length; cut++) {
        await assert.rejects(openBody(whole.subarray(0, cut), name, 1_000_000), statusOf(400));
      }
    });

    it(`refuses or opens bytes that only claim to be ${name}, and never fails otherwise`, async () => {
      const noise = fc.uint8Array({ maxLength: 100 });
      const property = fc.asyncProperty(noise, fc.nat(30), async (bytes, keep) => {
        const body = Buffer.concat([
          compress(Buffer.from("x".repeat(40))).subarray(0, keep),
          bytes,
        ]);
        try {
          assert((await openBody(body, name, 10_000)).length <= 10_000);
        } catch (error) {
          assert(error instanceof Problem, String(error));
          assert([400, 413].includes(error.facts.status));
        }
      });
      await fc.assert(property, { numRuns: fuzzRuns(200), seed: 1 });
    });
  }

  it("refuses a second zstd frame instead of losing it", async () => {
    const frame = zstdCompressSync(Buffer.from("one\n"));
    await assert.rejects(
      openBody(Buffer.concat([frame, frame]), "zstd", 1_000),
      statusOf(400, /after its first frame/),
    );
  });

  it("refuses a zstd window that would hold more memory than the body may", async () => {
    const params = { [constants.ZSTD_c_windowLog]: 27 };
    const zeroes = Readable.from([Buffer.alloc(100_000), Buffer.alloc(100_000)]);
    // A stream does not know its size beforehand and so declares the whole window.
    const whole = Buffer.concat(await zeroes.pipe(createZstdCompress({ params })).toArray());
    await assert.rejects(openBody(whole, "zstd", 1_000_000), statusOf(413, /window/));
  });

  it("takes identity as it is, within the limit", async () => {
    const body = Buffer.from("abc");
    assert.equal(await openBody(body, undefined, 3), body);
    assert.equal(await openBody(body, "identity", 3), body);
    await assert.rejects(openBody(body, undefined, 2), statusOf(413));
  });

  it("names the encodings it knows", async () => {
    for (const name of ["br", "gzip, gzip", "deflate", "toString"]) {
      await assert.rejects(openBody(Buffer.from("x"), name, 10), statusOf(415, /gzip, zstd/));
    }
  });
});

function linesOf(body: string | Buffer, linesMax = 100): [string, number, boolean][] {
  const lines: [string, number, boolean][] = [];
  eachLine(Buffer.from(body), linesMax, {
    scan: () => -1,
    text: (text, line) => lines.push([text, line, true]),
    notUtf8: (text, line) => lines.push([text, line, false]),
  });
  return lines;
}

describe("eachLine", () => {
  it("gives every line once, the last with or without its newline", () => {
    const expected = [
      ["{1}", 1, true],
      ["{2}", 2, true],
    ];
    assert.deepEqual(linesOf("{1}\n{2}\n"), expected);
    assert.deepEqual(linesOf("{1}\n{2}"), expected);
    assert.deepEqual(linesOf("\n\r\n{1}\n  \n{2}\n\t\n"), expected);
    assert.deepEqual(linesOf(""), []);
    assert.deepEqual(linesOf("\n\n \n"), []);
  });

  it("gives the same lines as splitting does, for any text", () => {
    const units = fc.constantFrom("a", "\n", "\r", " ", "é", "📡", "{", "\u2028");
    const property = fc.property(fc.string({ unit: units, maxLength: 60 }), (text) => {
      const expected = text.split("\n").filter((line) => line.replaceAll(/[ \t\r]/g, "") !== "");
      assert.deepEqual(
        linesOf(text).map(([line]) => line),
        expected,
      );
    });
    fc.assert(property, { numRuns: fuzzRuns(200), seed: 2 });
  });

  it("tells a line that is not UTF-8 from its neighbours", () => {
    const body = Buffer.concat([
      Buffer.from("good é\n"),
      Buffer.from([0x61, 0xff, 0xfe, 10]),
      Buffer.from("good too\n"),
      Buffer.from([0xc3]),
    ]);
    assert.deepEqual(linesOf(body), [
      ["good é", 1, true],
      ["a\uFFFD\uFFFD", 2, false],
      ["good too", 3, true],
      ["\uFFFD", 4, false],
    ]);
  });

  it("gives up at the limit of lines", () => {
    assert.equal(linesOf("a\n\nb\n", 2).length, 2);
    assert.throws(() => linesOf("a\nb\nc", 2), statusOf(413, /more than 2 lines/));
    assert.throws(() => linesOf(Buffer.from([0xff, 10, 0xff, 10, 0xff]), 2), statusOf(413));
  });
});
