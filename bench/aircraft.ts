// Aircraft-shaped reports whose aircraft fly: each goes round a circle of its own, so that no fix is
// out of reach of the one before, and a table of them can be repeated with later times.

import { createShapes } from "@drover/core/fleet/shapes";
import type { Report } from "@drover/core/model/report";

export interface CirclesConfig {
  readonly aircraft: number;
  /** Reports of each; after so many it is where it began. */
  readonly rounds: number;
  /** Event time of the first report, epoch ms. */
  readonly startAt: number;
  /** Between two reports of one aircraft; 1 s when absent. */
  readonly intervalMs?: number;
}

export const intervalMsDefault = 1_000;
const speedMps = 220;
const metresPerDegree = 111_132;

/** All aircraft in turn, round by round. */
export function createCircles(config: CirclesConfig): Report[] {
  return [...circleRounds(config)].flat();
}

/** The same, one round at a time. */
export function* circleRounds(config: CirclesConfig): Generator<Report[]> {
  const { aircraft, rounds, startAt, intervalMs = intervalMsDefault } = config;
  const shapes = createShapes({
    shape: "aircraft",
    assets: aircraft,
    startAt,
    intervalMs,
    seed: 1,
  });
  const centres = shapes.take(aircraft);
  const radiusDeg = ((speedMps * intervalMs) / 1_000 / metresPerDegree / 2 / Math.PI) * rounds;
  for (let round = 0; round < rounds; round++) {
    yield centres.map((centre, index) => {
      const turn = (round / rounds + (index % 97) / 97) * 2 * Math.PI;
      const lat = (centre.position?.lat ?? 0) + radiusDeg * Math.sin(turn);
      const squeeze = Math.cos((lat * Math.PI) / 180);
      const lon = (centre.position?.lon ?? 0) + (radiusDeg * Math.cos(turn)) / squeeze;
      return {
        ...centre,
        at: centre.at + round * intervalMs,
        position: { ...centre.position, lat: round5(lat), lon: round5(lon) },
        motion: {
          speedMps: speedMps + (index % 7) + (round % 5),
          headingDeg: Math.round(360 - (((turn * 180) / Math.PI) % 360)),
          climbMps: (((index + round) % 21) - 10) / 10,
        },
      };
    });
  }
}

const round5 = (value: number) => Math.round(value * 1e5) / 1e5;

/** NDJSON whose event times can be moved without making it anew. */
export interface Lines {
  readonly body: Buffer;
  readonly reports: number;
  /** Moves every event time to `shiftMs` after the one it was made with. */
  moveTo(shiftMs: number): void;
}

const atKey = '"at":';
/** Epoch milliseconds have so many digits from 2001 to 2286. */
const atDigits = 13;

export function createLines(reports: readonly Report[]): Lines {
  const body = Buffer.from(reports.map((report) => `${JSON.stringify(report)}\n`).join(""));
  const places = new Uint32Array(reports.length);
  let from = 0;
  for (let line = 0; line < reports.length; line++) {
    places[line] = body.indexOf(atKey, from) + atKey.length;
    from = body.indexOf(10, from) + 1;
  }
  return {
    body,
    reports: reports.length,
    moveTo(shiftMs) {
      for (const [line, place] of places.entries()) {
        body.write(String((reports[line]?.at ?? 0) + shiftMs), place, atDigits, "latin1");
      }
    },
  };
}
