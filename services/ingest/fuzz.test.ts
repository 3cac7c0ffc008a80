import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { IngestAnswer } from "@drover/core/model/ingest";
import { createRandom } from "@drover/core/service/clock";
import { from, ndjson, nowMs, report, setUp } from "./example.ts";

describe("any bytes at all", () => {
  it("get an answer, and every line of a 200 is accounted for", async () => {
    const { ingest } = await setUp();
    await using _ = ingest;
    const good = ndjson(report(), report({ at: nowMs }), "{bad", "");
    const random = createRandom(5);
    const damage = (bytes: Buffer) => {
      const copy = Buffer.from(bytes.subarray(0, Math.floor(random() * (bytes.length + 1))));
      for (let hits = random() * 4; hits > 1 && copy.length > 0; hits--) {
        copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
      }
      return copy;
    };
    const bodies = fc.sample(fc.uint8Array({ maxLength: 300 }), { numRuns: fuzzRuns(60), seed: 6 });
    const requests: [Buffer, string | undefined][] = bodies.flatMap((noise) => [
      [Buffer.from(noise), undefined],
      [damage(Buffer.from(good)), undefined],
      [damage(gzipSync(good)), "gzip"],
      [damage(zstdCompressSync(good)), "zstd"],
    ]);
    let accounted = 0;
    for (const [index, [body, encoding]] of requests.entries()) {
      const headers: Record<string, string> = { ...from(1) };
      if (encoding !== undefined) headers["content-encoding"] = encoding;
      const isJson = index % 5 === 0;
      if (isJson) headers["content-type"] = "application/json";
      const answer = await ingest.post(Buffer.from(body), headers);
      assert([200, 400, 413].includes(answer.status), `${answer.status} ${answer.text}`);
      if (answer.status !== 200) continue;
      const { accepted, duplicates, quarantined } = IngestAnswer.parse(answer.json);
      accounted += accepted + duplicates + quarantined.length;
      if (encoding !== undefined || isJson) continue;
      const lines = body
        .toString()
        .split("\n")
        .filter((line) => /[^ \t\r]/.test(line));
      assert.equal(accepted + duplicates + quarantined.length, lines.length);
    }
    assert(accounted > 50, `${accounted} lines got through`);
  });
});
