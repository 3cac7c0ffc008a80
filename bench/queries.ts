// How soon the API answers over 20 million rows, beside the plainest SQL that asks the same.

import { z } from "zod";
import { circleRounds } from "./aircraft.ts";
import { atMost, percentile, type Bench, type BenchContext, type Outcome } from "./figure.ts";
import { fillHistory } from "./fill.ts";
import { openRig, type Rig } from "./rig.ts";

export const queriesBench: Bench = { name: "queries", run };

const assets = 10_000;
const dayMs = 86_400_000;
const hourMs = 3_600_000;

interface Question {
  readonly name: string;
  readonly goalMs: number;
  /** Path of the API; `turn` makes questions differ. */
  readonly path: (turn: number) => string;
  readonly sql: (turn: number) => string;
  /** How many things the answer must hold. */
  readonly countOf: (answer: unknown) => number;
  readonly least: number;
}

async function run({ isQuick, progress, profileDir }: BenchContext): Promise<readonly Outcome[]> {
  await using rig = await openRig({ services: ["clickhouse", "history"], profileDir });
  const rounds = isQuick ? 30 : 2_000;
  // Whole hours, so that a day of the heat-map is all there is.
  const startAt = Math.floor((Date.now() - dayMs) / hourMs) * hourMs;
  const made = circleRounds({ aircraft: assets, rounds, startAt, intervalMs: dayMs / rounds });
  const rows = await fillHistory(rig.history, made, (done) => progress(`${done} rows`));
  await rig.start("ingest");
  await rig.start("api");
  const token = await rig.token({ role: "viewer", label: "bench" });
  const turns = isQuick ? 20 : 200;
  const outcomes: Outcome[] = [];
  for (const question of questionsOver(startAt)) {
    outcomes.push(await measure(question, { rig, token, turns, rows }));
    progress(question.name);
  }
  return outcomes;
}

function questionsOver(startAt: number): readonly Question[] {
  const endAt = startAt + dayMs;
  const assetOf = (turn: number) =>
    `aircraft:${(0x7c0000 + ((turn * 37) % assets)).toString(16).padStart(6, "0")}`;
  const list = (name: string) => (answer: unknown) =>
    z.record(z.string(), z.unknown()).parse(answer)[name];
  const lengthOf = (name: string) => (answer: unknown) =>
    z.array(z.unknown()).parse(list(name)(answer)).length;
  return [
    {
      name: `latest positions of ${assets.toLocaleString("en")} assets`,
      goalMs: 20,
      path: () => `/v1/assets?limit=${assets}`,
      sql: () =>
        "SELECT asset, at, lat_e7, lon_e7, altitude_cm, speed_cmps FROM latest FINAL FORMAT JSONCompactEachRow",
      countOf: lengthOf("items"),
      least: assets,
    },
    {
      name: "heat-map of a day",
      goalMs: 100,
      path: () => `/v1/heatmap?from=${startAt}&to=${endAt}`,
      sql: () =>
        `SELECT h3ToString(cell), sum(reports) FROM heat WHERE resolution = 3
         AND bucket >= toDateTime(${startAt / 1_000}, 'UTC') AND bucket < toDateTime(${endAt / 1_000}, 'UTC')
         GROUP BY cell FORMAT JSONCompactEachRow`,
      countOf: lengthOf("cells"),
      least: 100,
    },
    {
      name: "track of one asset, a day thinned to 1,000 points",
      goalMs: 20,
      path: (turn) => `/v1/assets/${assetOf(turn)}/track?from=${startAt}&to=${endAt}&points=1000`,
      sql: (turn) =>
        `SELECT at, lat_e7, lon_e7, altitude_cm FROM reports WHERE asset = '${assetOf(turn)}'
         ORDER BY at FORMAT JSONCompactEachRow`,
      countOf: lengthOf("points"),
      least: 20,
    },
  ];
}

async function measure(
  question: Question,
  place: {
    readonly rig: Rig;
    readonly token: string;
    readonly turns: number;
    readonly rows: number;
  },
): Promise<Outcome> {
  const { rig, token, turns, rows } = place;
  const url = rig.urlsOf("api")[0] ?? "";
  const headers = { authorization: `Bearer ${token}` };
  const apiMs: number[] = [];
  const sqlMs: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const startedMs = performance.now();
    const response = await fetch(url + question.path(turn), { headers });
    const text = await response.text();
    apiMs.push(performance.now() - startedMs);
    if (!response.ok) throw new Error(`${question.name}: ${response.status} ${text.slice(0, 200)}`);
    if (turn === 0 && question.countOf(JSON.parse(text)) < question.least) {
      throw new Error(`${question.name}: too little in ${text.slice(0, 200)}`);
    }
    const askedMs = performance.now();
    await rig.history.bytes(question.sql(turn));
    sqlMs.push(performance.now() - askedMs);
  }
  const value = percentile(apiMs, 95);
  return {
    name: `${question.name}, p95 through the API`,
    value,
    unit: "ms",
    beside: { "bare SQL": percentile(sqlMs, 95) },
    goal: atMost(value, question.goalMs, `< ${question.goalMs} ms`),
    note:
      `over ${rows.toLocaleString("en")} rows, one caller, ${turns} times, ` +
      `p50 ${percentile(apiMs, 50).toFixed(1)} ms, bare ${percentile(sqlMs, 50).toFixed(1)} ms`,
  };
}
