import assert from "node:assert/strict";
import { test } from "node:test";
import { createReplay } from "./replay.ts";
import type { ReplayMoment } from "./replay.ts";

const HOUR_MS = 3_600_000;
const momentAt = (at: number, wanted = {}): ReplayMoment => ({
  url: "http://drover.test/v1/replay",
  token: "t",
  at,
  from: 0,
  to: HOUR_MS,
  wanted,
});
/** Until what was answered has been read. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An answer without frames is a window of its first moment alone. */
function play() {
  const asked: { url: string; answer: () => void }[] = [];
  const states: string[] = [];
  const replay = createReplay({
    fetch: (url) =>
      new Promise((resolve) => {
        const answer = (): void => resolve(new Response(new Uint8Array()));
        asked.push({ url: url instanceof Request ? url.url : url.toString(), answer });
      }),
    onState: (state) => states.push(state),
    onAnew: () => {},
    onFrame: () => {},
  });
  return { replay, asked, states };
}

test("going back to what is shown while the server is asked is no failure", async () => {
  const { replay, asked, states } = play();
  replay.seek(momentAt(0));
  asked[0]?.answer();
  await turn();
  replay.seek(momentAt(HOUR_MS / 2));
  replay.seek(momentAt(0));
  asked[1]?.answer();
  await turn();
  assert.deepEqual(states, ["loading", "ready", "loading", "ready"]);
  assert.equal(asked.length, 2);
  replay[Symbol.dispose]();
});

test("the same moment with another box is asked for anew", async () => {
  const { replay, asked } = play();
  replay.seek(momentAt(0));
  asked[0]?.answer();
  await turn();
  replay.seek(momentAt(0, { box: { west: 1, south: 2, east: 3, north: 4 } }));
  assert.equal(new URL(asked[1]?.url ?? "").searchParams.get("box"), "1,2,3,4");
  replay[Symbol.dispose]();
});
