import assert from "node:assert/strict";
import test from "node:test";
import { createFleet } from "@drover/core/fleet/fleet";
import { createBacklog } from "./backlog.ts";

const fromMs = Date.UTC(2026, 5, 3);
const [station] = createFleet({ seed: 1, flights: 0, stations: 1 }).stations;
assert.ok(station);
const config = { station, epoch: 7, fromMs, samplesMax: 400, answerMs: 45_000 };

test("sends the present first, then the past, each once until it is overdue", () => {
  const backlog = createBacklog(config);
  const hourLater = fromMs + 3_600_000;
  backlog.measure(hourLater);
  const truth = station.reportsBetween(fromMs, hourLater);
  assert.equal(backlog.size(), truth.length);
  const first = backlog.takeDue(hourLater, 32);
  assert.deepEqual(
    first.map(({ t }) => t),
    truth
      .map(({ at }) => at)
      .toReversed()
      .slice(0, 32),
  );
  assert.equal(first[0]?.h, undefined, "the newest is not historical");
  assert.equal(first.at(-1)?.h, 1);
  const second = backlog.takeDue(hourLater, 32);
  assert.equal(new Set([...first, ...second].map(({ seq }) => seq)).size, 64);
  backlog.acknowledge({ v: 1, ep: 7, ok: [[first.at(-1)?.seq ?? 0, first[0]?.seq ?? 0]] });
  assert.equal(backlog.size(), truth.length - 32);
  const overdue = backlog.takeDue(hourLater + 45_000, 200);
  assert.ok(overdue.some(({ seq }) => seq === second[0]?.seq));
  assert.ok(!overdue.some(({ seq }) => seq === first[0]?.seq));
});

test("never has more than its window on the way, but always room for the present", () => {
  const backlog = createBacklog(config);
  const later = fromMs + 2 * 3_600_000;
  backlog.measure(later);
  assert.equal(backlog.takeDue(later, 1_000).length, 128);
  assert.equal(backlog.takeDue(later, 1_000).length, 0);
  backlog.measure(later + 30_000);
  const news = backlog.takeDue(later + 30_000, 1_000);
  assert.equal(news.length, 1);
});

test("forgets only what its own epoch's answers name, drops the oldest at the bound", () => {
  const backlog = createBacklog({ ...config, samplesMax: 10 });
  backlog.measure(fromMs + 3_600_000);
  assert.equal(backlog.size(), 10);
  assert.equal(backlog.dropped(), station.reportsBetween(fromMs, fromMs + 3_600_000).length - 10);
  const [newest] = backlog.takeDue(fromMs + 3_600_000, 1);
  assert.ok(newest);
  backlog.acknowledge({ v: 1, ep: 6, ok: [[1, newest.seq]] });
  assert.equal(backlog.size(), 10);
  backlog.acknowledge({ v: 1, ep: 7, ok: [], bad: [[newest.seq, "no-time"]] });
  assert.equal(backlog.size(), 9);
  const resumeFrom = backlog.resumeFrom();
  assert.equal(station.reportsBetween(resumeFrom, fromMs + 3_600_000).length, 10);
});
