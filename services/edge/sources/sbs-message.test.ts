import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSbsLine } from "./sbs-message.ts";
import type { SbsMessage } from "./sbs-message.ts";

const times = "2018/02/18,15:47:43.642,2018/02/18,15:47:43.700";
const message = (line: string): SbsMessage => {
  const parsed = parseSbsLine(line);
  assert(parsed.kind === "message", line);
  return parsed.message;
};

test("all 22 fields are read", () => {
  assert.deepEqual(
    message(
      `MSG,3,1,1,7C802D,1,${times},RXA4631 ,4575,187,147,-35.06557,138.57919,1280,3234,-1,0,1,0`,
    ),
    {
      hex: "7c802d",
      wallMs: Date.UTC(2018, 1, 18, 15, 47, 43, 642),
      callsign: "RXA4631",
      altitudeFt: 4575,
      isGeometric: false,
      speedKt: 187,
      trackDeg: 147,
      lat: -35.06557,
      lon: 138.57919,
      climbFpm: 1280,
      squawk: "3234",
      isEmergency: false,
      isSpi: true,
      isOnGround: false,
      isMlat: false,
    },
  );
});

test("booleans are −1, 0, 1 or unknown", () => {
  const ground = (text: string) =>
    message(`MSG,2,1,1,7C802D,1,${times},,,,,,,,,,,,${text}`).isOnGround;
  assert.deepEqual(["-1", "1", "0", "", "x"].map(ground), [
    true,
    true,
    false,
    undefined,
    undefined,
  ]);
});

test("an H behind height or rate says that it is geometric", () => {
  const read = message(`MSG,3,1,1,7C802D,1,${times},,35000H,,,1,2,-64H,,,,,`);
  assert.deepEqual([read.altitudeFt, read.isGeometric, read.climbFpm], [35_000, true, -64]);
});

test("the time of logging stands in for one of generation, and neither is none", () => {
  const at = (text: string) => message(`MSG,8,1,1,7C802D,1,${text},,,,,,,,,,,,0`).wallMs;
  assert.equal(at(",,2018/02/18,15:47:43.700"), Date.UTC(2018, 1, 18, 15, 47, 43, 700));
  assert.equal(at(",,,"), undefined);
  assert.equal(at("2018/02/30,15:47:43.700,,"), undefined);
});

test("a result of multilateration is not taken for an emergency", () => {
  const mlat = message(`MSG,3,1,1,7C802D,1,${times},,35000,,,1,2,,,5,1,,`);
  assert.equal(mlat.isMlat, true);
  assert.equal(mlat.isEmergency, undefined);
  assert.equal(message(`MLAT,3,1,1,7C802D,1,${times},,35000,,,1,2,,,,,,,4,,0.1`).isMlat, true);
});

test("heartbeats and other records are passed over, broken lines are named", () => {
  const table = [
    ["", "ignored"],
    [`SEL,,1,1,7C802D,1,${times},RXA4631`, "ignored"],
    ["CLK,,1,,,,2018/02/18,15:47:43.642", "ignored"],
    ["STA,,1,1,7C802D,1,x,y,z,w,RM", "ignored"],
    ["MSG,3,1,1,7C802D,1", "short-line"],
    [`MSG,9,1,1,7C802D,1,${times},,,,,,,,,,,,0`, "bad-line"],
    [`MSG,3,1,1,~7C802,1,${times},,,,,,,,,,,,0`, "bad-hex"],
    ["GET / HTTP/1.1", "bad-line"],
  ] as const;
  for (const [line, want] of table) {
    const parsed = parseSbsLine(line);
    assert.equal(parsed.kind === "bad" ? parsed.reason : parsed.kind, want, line);
  }
});
