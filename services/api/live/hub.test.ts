import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { fuzzRuns } from "@drover/core/model/fuzz";
import { decodeFrame } from "@drover/core/model/live-wire-reader";
import { createMoverTable, type MoverTable } from "@drover/core/model/mover-table";
import type { HelloFrame, MoversFrame } from "@drover/core/model/live-wire";
import { createFakeClock } from "@drover/core/service/clock";
import { createBoard, matches, type AssetFilter, type Board } from "./board.ts";
import { createLiveHub, type LiveMember } from "./hub.ts";
import { readSubscription } from "./subscription.ts";
import { reportOf } from "./testing.ts";

/** A hub on a fake clock, and clients that decode what they get when they are told to. */
function rig(config: { assetsMax?: number } = {}) {
  const clock = createFakeClock();
  const board = createBoard({ assetsMax: config.assetsMax ?? 1_000 });
  const hub = createLiveHub({ board, clock });
  const stopping = new AbortController();
  const running = hub.run(stopping.signal);
  return {
    clock,
    board,
    hub,
    client: () => new TestClient(hub),
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await running;
    },
  };
}

class TestClient {
  readonly table: MoverTable = createMoverTable();
  readonly frames: MoversFrame[] = [];
  hello: HelloFrame | undefined;
  isReady = true;
  #version = 0;
  #inbox: Uint8Array[] = [];
  #member: LiveMember;
  readonly #hub;

  constructor(hub: ReturnType<typeof createLiveHub>) {
    this.#hub = hub;
    this.#member = this.#join();
  }

  #join(): LiveMember {
    const say = (frame: Uint8Array) => this.#inbox.push(frame);
    return this.#hub.join({ isReady: () => this.isReady, greet: say, send: say });
  }

  subscribe(wanted: object = {}): void {
    this.#member.subscribe(readSubscription(JSON.stringify({ type: "subscribe", ...wanted })));
  }

  receive(): void {
    for (const bytes of this.#inbox.splice(0)) {
      const frame = decodeFrame(bytes);
      this.table.apply(frame);
      if (frame.type === "hello") {
        this.hello = frame;
        this.#version = 0;
      } else {
        this.frames.push(frame);
        this.#version = frame.version;
      }
    }
  }

  /** Loses what was not received, and comes again. */
  reconnect(wanted: object = {}): void {
    this.#member.leave();
    this.#inbox = [];
    this.#member = this.#join();
    const { hello } = this;
    const resume = hello && { token: hello.resume, version: this.#version };
    this.subscribe({ ...wanted, ...(resume && { resume }) });
  }

  leave(): void {
    this.#member.leave();
  }
}

/** What the server would show: by asset, the facts that a map draws. */
function shown(board: Board, filter: AssetFilter): Map<string, unknown> {
  const content = new Map<string, unknown>();
  board.each(({ state }) => {
    if (!matches(state, filter)) return;
    const { lat = Number.NaN, lon = Number.NaN } = state.position?.value ?? {};
    const label =
      state.attributes?.value["callsign"] ?? state.asset.slice(state.asset.indexOf(":") + 1);
    content.set(state.asset, [state.at, lat, lon, label, state.kind]);
  });
  return content;
}

function held({ table }: TestClient): Map<string, unknown> {
  const content = new Map<string, unknown>();
  for (let slot = 0; slot < table.size; slot++) {
    const asset = table.assetAt(slot);
    if (asset === undefined) continue;
    const kind = table.kinds[table.kind[slot] ?? 0];
    content.set(asset, [table.at[slot], table.lat[slot], table.lon[slot], table.label(slot), kind]);
  }
  return content;
}

const sorted = (content: ReadonlyMap<string, unknown>) =>
  [...content].toSorted(([left], [right]) => (left < right ? -1 : 1));

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("say" as const),
      asset: fc.nat(14),
      lon: fc.integer({ min: -180, max: 180 }),
      callsign: fc.option(fc.constantFrom("QFA1", "QFA2"), { nil: undefined }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.constantFrom(250, 1_000) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("receive" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("stall" as const), isReady: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("want" as const), which: fc.nat(4) }) },
);
const wishes = [
  {},
  { kinds: ["ship"] },
  { box: { west: 90, south: -10, east: -90, north: 10 } },
  { box: { west: -50, south: -10, east: 50, north: 10 } },
  { text: "qfa2" },
];

test("whatever is skipped, dropped, resumed and asked for, the client ends with the server's state", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { maxLength: 150, size: "max" }),
    async (steps) => {
      await using served = rig({ assetsMax: 10 });
      const { board, clock } = served;
      const client = served.client();
      let wanted: object = {};
      client.subscribe();
      let at = 1;
      for (const one of steps) {
        if (one.kind === "say") {
          const kind = one.asset % 2 === 0 ? "ship" : "bird";
          const attributes =
            one.callsign === undefined ? {} : { attributes: { callsign: one.callsign } };
          const asset = `${kind}:${one.asset}`;
          board.apply(
            reportOf({ asset, kind, at: at++, position: { lat: 1, lon: one.lon }, ...attributes }),
          );
        } else if (one.kind === "wait") await clock.advance(one.ms);
        else if (one.kind === "receive") client.receive();
        else if (one.kind === "stall") client.isReady = one.isReady;
        else if (one.kind === "drop") client.reconnect(wanted);
        else {
          wanted = wishes[one.which] ?? {};
          client.subscribe(wanted);
        }
      }
      client.isReady = true;
      await clock.advance(250);
      await clock.advance(2_000);
      client.receive();
      const { filter } = readSubscription(JSON.stringify({ type: "subscribe", ...wanted }));
      assert.deepEqual(sorted(held(client)), sorted(shown(board, filter)));
    },
  );
  await fc.assert(property, { numRuns: fuzzRuns(120), seed: 61 });
});

test("a resume tells what changed, not everything", async () => {
  await using served = rig();
  const { board, clock } = served;
  for (let index = 0; index < 500; index++)
    board.apply(reportOf({ asset: `aircraft:${index}`, at: 1 }));
  const client = served.client();
  client.subscribe();
  await clock.advance(250);
  client.receive();
  assert.equal(client.table.count, 500);
  board.apply(reportOf({ asset: "aircraft:7", at: 9 }));
  client.frames.length = 0;
  client.reconnect();
  client.receive();
  assert.deepEqual(
    client.frames.map(({ type, updates }) => [type, updates.count]),
    [["delta", 1]],
  );
  assert.equal(client.table.at[client.table.slotOf("aircraft:7") ?? -1], 9);
});

test("a byte budget bounds a second, and what waits longest goes first", async () => {
  await using served = rig();
  const { board, clock } = served;
  const move = (at: number) => {
    for (let index = 0; index < 900; index++) {
      board.apply(reportOf({ asset: `aircraft:${index}`, at, position: { lat: 1, lon: 1 } }));
    }
  };
  move(1);
  const client = served.client();
  client.subscribe({ bytesPerSecond: 8_192 });
  for (let second = 0; second < 20; second++) await clock.advance(1_000);
  client.receive();
  assert.equal(client.table.count, 900);
  client.frames.length = 0;
  const before = served.hub.counts().bytes;
  for (let at = 2; at < 12; at++) {
    move(at);
    for (let quarter = 0; quarter < 4; quarter++) await clock.advance(250);
  }
  const spent = served.hub.counts().bytes - before;
  assert.ok(spent <= 8_192 * 12, `${spent} bytes in ten seconds`);
  client.receive();
  const oldest = Math.min(...client.table.at.subarray(0, 900));
  assert.ok(oldest >= 7, `every mover was told lately: ${oldest}`);
});

test("a client that takes nothing costs no frames and no memory but marks", async () => {
  await using served = rig();
  const client = served.client();
  client.subscribe();
  await served.clock.advance(1_000);
  client.isReady = false;
  const { frames } = served.hub.counts();
  for (let at = 1; at < 50; at++) {
    served.board.apply(reportOf({ asset: "aircraft:a", at }));
    await served.clock.advance(1_000);
  }
  assert.equal(served.hub.counts().frames, frames);
  client.isReady = true;
  await served.clock.advance(1_000);
  client.receive();
  assert.equal(client.frames.at(-1)?.updates.count, 1);
  assert.equal(client.table.at[0], 49);
});

test("everything is said again within half a minute, and a quiet feed shows that it lives", async () => {
  await using served = rig();
  for (let index = 0; index < 60; index++)
    served.board.apply(reportOf({ asset: `ship:${index}`, kind: "ship", at: 1 }));
  const client = served.client();
  client.subscribe();
  await served.clock.advance(1_000);
  client.receive();
  client.frames.length = 0;
  for (let second = 0; second < 31; second++) await served.clock.advance(1_000);
  client.receive();
  const names = new Set(
    client.frames.flatMap(({ introduced }) => introduced.map(({ asset }) => asset)),
  );
  assert.equal(names.size, 60);
  const quiet = served.client();
  quiet.subscribe({ kinds: ["bird"] });
  for (let second = 0; second < 12; second++) await served.clock.advance(1_000);
  quiet.receive();
  assert.ok(quiet.frames.length >= 3);
});
