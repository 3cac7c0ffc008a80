import assert from "node:assert/strict";
import { test } from "node:test";
import type { Condition } from "@drover/core/model/rule";
import { conditionText } from "./condition-words.ts";

const nameOf = (id: string): string | undefined => (id === "dar" ? "Darwin" : undefined);
const text = (condition: Condition): string => conditionText(condition, nameOf);

test("a condition reads as a sentence", () => {
  const table: readonly (readonly [Condition, string])[] = [
    [{ type: "threshold", metric: "batteryV", below: 11.8 }, "battery below 11.8 V"],
    [
      { type: "threshold", metric: "position.altitudeM", above: 3_000, clearAt: 2_800 },
      "altitude above 3000 m (until 2800 m)",
    ],
    [
      { type: "rate", metric: "tankPct", belowPerSecond: -0.5, overMs: 60_000 },
      "tank changes slower than -0.5 %/s over 1 min",
    ],
    [{ type: "silence", afterMs: 600_000 }, "silent for 10 min"],
    [{ type: "silence", missed: 4 }, "silent for 4 times its usual cadence"],
    [{ type: "attribute", name: "squawk", oneOf: ["7600", "7700"] }, "squawk is 7600 or 7700"],
    [{ type: "attribute", name: "callsign", contains: "FD" }, "callsign contains “FD”"],
    [{ type: "in-zone", zone: "dar" }, "in Darwin"],
    [{ type: "count", zone: "gone", above: 3 }, "more than 3 in gone"],
    [
      {
        type: "all",
        of: [
          { type: "in-zone", zone: "dar" },
          {
            type: "any",
            of: [
              { type: "silence", missed: 4 },
              { type: "silence", afterMs: 1_000 },
            ],
          },
        ],
      },
      "in Darwin and (silent for 4 times its usual cadence or silent for 1 s)",
    ],
  ];
  for (const [condition, words] of table) assert.equal(text(condition), words);
});
