// What a lost answer, a server that dies and a server that forgets do to the Redis adapter.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { Redis } from "ioredis";
import { systemClock } from "../service/clock.ts";
import { allTexts, batchOf, rowOf, runOf } from "./conformance-batches.ts";
import { StreamFullError } from "./log.ts";
import { openStream } from "./open.ts";
import { StreamConfigError } from "./stream-options.ts";
import { findRedis, startRedis } from "./temporary-redis.ts";
import type { TemporaryRedis } from "./temporary-redis.ts";

const deps = { clock: systemClock };
const binary = await findRedis(process.env);
const skip = binary === undefined ? "redis-server is not installed" : false;
const partitions = 3;

async function server(
  settings: Readonly<Record<string, string>> = {},
): Promise<TemporaryRedis & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "drover-redis-"));
  const redis = await startRedis({ binary: binary ?? "", folder, settings }, deps);
  return {
    ...redis,
    async [Symbol.asyncDispose]() {
      await redis[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A wire between client and server that can be cut after what was asked and before its answer. */
async function wire(to: number): Promise<
  {
    readonly port: number;
    /** Cuts each connection at the next answer of the server, so many times. */
    loseAnswers(count: number): void;
    readonly lost: () => number;
  } & AsyncDisposable
> {
  let toLose = 0;
  let lost = 0;
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connect(to, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("data", (data) => upstream.write(data));
    upstream.on("data", (data) => {
      if (toLose > 0) {
        toLose--;
        lost++;
        client.destroy();
      } else client.write(data);
    });
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  assert.ok(address !== null && typeof address !== "string");
  return {
    port: address.port,
    loseAnswers: (count) => {
      toLose = count;
    },
    lost: () => lost,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
}

suite("an answer that is lost", { skip }, () => {
  test("is asked for again, and the append is neither doubled nor counted as a repetition", async () => {
    await using redis = await server();
    await using cable = await wire(redis.port);
    const url = `redis://127.0.0.1:${cable.port}`;
    await using log = await openStream({ url, partitions }, deps);
    await log.append(batchOf(runOf(1, 10, partitions)));
    cable.loseAnswers(1);
    const cut = await log.append(batchOf(runOf(8, 20, partitions)));
    assert.equal(cable.lost(), 1);
    assert.equal(cut.through, 20);
    for (let first = 21; first <= 60; first += 10) {
      cable.loseAnswers(2);
      const result = await log.append(batchOf(runOf(first, first + 9, partitions)));
      assert.deepEqual(result, {
        accepted: 10,
        quarantined: 0,
        duplicates: 0,
        through: first + 9,
      });
    }
    assert.equal(cable.lost(), 9);
    const texts = await allTexts(log);
    assert.deepEqual([texts.length, new Set(texts).size], [60, 60]);
    assert.equal((await log.totals()).accepted, 60);
  });
});

suite("a server that dies", { skip }, () => {
  test("has everything it acknowledged when it is back, and is waited for meanwhile", async () => {
    await using redis = await server();
    await using log = await openStream({ url: redis.url, partitions }, deps);
    await using worker = await log.join("history", "a");
    let acknowledged = 0;
    const send = async (upTo: number) => {
      while (acknowledged < upTo) {
        const rows = runOf(acknowledged + 1, acknowledged + 5, partitions);
        acknowledged = (await log.append(batchOf(rows))).through;
      }
    };
    await send(100);
    const sending = send(300);
    await redis.crash();
    await sending;
    const texts = await allTexts(log);
    assert.deepEqual([texts.length, new Set(texts).size], [300, 300]);
    const [lease] = worker.leases();
    assert.ok(lease !== undefined);
    await worker.commit(lease, { committed: 10 });
    const woken = log.wait(5_000).then(() => log.wait(5_000));
    await log.append(batchOf([rowOf(0, 301)]));
    await woken;
  });

  test("makes an append fail after a bounded time when it does not come back", async () => {
    const redis = await server();
    const options = { url: redis.url, partitions, lockWaitMs: 200 };
    await using log = await openStream(options, deps);
    await log.append(batchOf([rowOf(0, 1)]));
    await redis[Symbol.asyncDispose]();
    await assert.rejects(log.append(batchOf([rowOf(0, 2)])), (error: unknown) => {
      assert.ok(error instanceof StreamFullError);
      assert.match(error.message, /did not answer within 200 ms/);
      return true;
    });
  });
});

suite("a log of another form", { skip }, () => {
  test("is refused while it holds rows, and taken on once it holds none", async () => {
    await using redis = await server();
    const url = redis.url;
    const text = (form: string | undefined) => setForm(url, form);
    {
      await using log = await openStream({ url, partitions }, deps);
      await log.append(batchOf([rowOf(0, 1)]));
    }
    for (const [form, said] of [
      ["1", /form 1; this version reads form 2/],
      [undefined, /an older form; this version reads form 2/],
    ] as const) {
      await text(form);
      await assert.rejects(openStream({ url, partitions }, deps), (error: unknown) => {
        assert.ok(error instanceof StreamConfigError);
        assert.match(error.message, said);
        return true;
      });
    }
    await text("2");
    {
      await using log = await openStream({ url, partitions }, deps);
      await using worker = await log.join("history", "a");
      const [lease] = worker.leases();
      assert.ok(lease !== undefined);
      await worker.commit(lease, { committed: 1, synced: 1 });
      assert.equal(await log.trim(), 1);
    }
    await text("1");
    await using log = await openStream({ url, partitions }, deps);
    assert.equal((await log.append(batchOf([rowOf(0, 1)]))).duplicates, 1);
  });
});

/** Makes a log say that its rows are of this form, or of none. */
async function setForm(url: string, form: string | undefined): Promise<void> {
  const client = new Redis(url);
  const [meta = ""] = await client.keys("*meta");
  if (form === undefined) await client.hdel(meta, "format");
  else await client.hset(meta, "format", form);
  await client.quit();
}

suite("a server that may forget", { skip }, () => {
  test("is refused with the setting that is wrong, unless that is wanted", async () => {
    await using redis = await server({ appendfsync: "everysec" });
    const url = redis.url;
    await assert.rejects(openStream({ url, partitions }, deps), (error: unknown) => {
      assert.ok(error instanceof StreamConfigError);
      assert.match(error.message, /appendfsync everysec; it must be always/);
      return true;
    });
    await using log = await openStream({ url, partitions, allowVolatile: true }, deps);
    assert.equal((await log.append(batchOf([rowOf(0, 1)]))).accepted, 1);
    await assert.rejects(
      openStream({ url, partitions: 4, allowVolatile: true }, deps),
      /has 3 partitions, not 4/,
    );
  });

  test("refuses appends at its memory's end, writes nothing of them, and takes more after a trim", async () => {
    await using redis = await server({ maxmemory: "6mb" });
    await using log = await openStream({ url: redis.url, partitions }, deps);
    await using worker = await log.join("history", "a");
    const text = "x".repeat(65_536);
    let through = 0;
    const fill = async () => {
      for (;;) through = (await log.append(batchOf([rowOf(0, through + 1, text)]))).through;
    };
    await assert.rejects(fill(), (error: unknown) => {
      assert.ok(error instanceof StreamFullError);
      assert.match(error.message, /Redis takes no more: OOM/);
      return true;
    });
    assert.equal((await log.bounds())[0]?.end, through);
    const [lease] = worker.leases();
    assert.ok(lease !== undefined);
    await worker.commit(lease, { committed: through, synced: through });
    assert.equal(await log.trim(), through);
    assert.equal((await log.append(batchOf([rowOf(0, through + 1, text)]))).through, through + 1);
  });
});
