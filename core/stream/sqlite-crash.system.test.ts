// What a crash, a power cut, a full disk and a damaged file do to the SQLite adapter.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { suite, test } from "node:test";
import { createRandom, systemClock } from "../service/clock.ts";
import { allTexts, batchOf, rowOf, runOf, textsIn, wide } from "./conformance-batches.ts";
import { StreamCorruptError, StreamFullError } from "./log.ts";
import type { StreamLog } from "./log.ts";
import { openStream } from "./open.ts";
import { StreamConfigError } from "./stream-options.ts";

const deps = { clock: systemClock };
const partitions = 3;

async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "drover-crash-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const open = (path: string): Promise<StreamLog> =>
  openStream({ url: `sqlite:${path}`, partitions }, deps);

/** Numbers held, after seeing that none is there twice. */
async function heldIn(log: StreamLog): Promise<Set<number>> {
  const texts = await allTexts(log);
  const held = new Set(texts.map((text) => Number(text.split(":")[1])));
  assert.equal(held.size, texts.length);
  return held;
}

suite("a power cut", () => {
  test("anywhere in the write-ahead log loses nothing acknowledged before it", async () => {
    await using place = await folder();
    const path = join(place.path, "stream.db");
    await using log = await open(path);
    const made = statSync(`${path}-wal`).size;
    const acknowledged: { last: number; walBytes: number }[] = [];
    for (let first = 1; first <= 240; first += 12) {
      await log.append(batchOf(runOf(first, first + 11, partitions)));
      acknowledged.push({ last: first + 11, walBytes: statSync(`${path}-wal`).size });
    }
    const end = acknowledged.at(-1)?.walBytes ?? 0;
    const random = createRandom(7);
    for (let cut = 0; cut < 16; cut++) {
      const copy = join(place.path, `copy-${cut}.db`);
      copyFileSync(path, copy);
      copyFileSync(`${path}-wal`, `${copy}-wal`);
      copyFileSync(`${path}-groups`, `${copy}-groups`);
      copyFileSync(`${path}-groups-wal`, `${copy}-groups-wal`);
      const at = Math.floor(made + random() * (end - made));
      if (cut % 2 === 0) truncateSync(`${copy}-wal`, at);
      else scribble(`${copy}-wal`, at, random);
      const survived = acknowledged.filter(({ walBytes }) => walBytes <= at).at(-1)?.last ?? 0;
      await using opened = await open(copy);
      const held = await heldIn(opened);
      for (let seq = 1; seq <= survived; seq++) assert.ok(held.has(seq), `${seq}, cut at ${at}`);
      // A batch is there whole or not at all, and what is sent again fills up what is missing.
      assert.equal(held.size % 12, 0);
      const again = await opened.append(batchOf(runOf(1, 240, partitions)));
      assert.deepEqual([again.duplicates, again.through], [held.size, 240]);
      assert.equal((await heldIn(opened)).size, 240);
    }
  });

  test("in the middle of a checkpoint loses nothing: the write-ahead log still has it all", async () => {
    await using place = await folder();
    const path = join(place.path, "stream.db");
    await using log = await open(path);
    await log.append(batchOf(runOf(1, 300, partitions)));
    const before = readFileSync(path);
    const wal = readFileSync(`${path}-wal`);
    const checkpointer = new DatabaseSync(path);
    checkpointer.exec("PRAGMA wal_checkpoint(PASSIVE)");
    checkpointer.close();
    const after = readFileSync(path);
    const random = createRandom(11);
    for (let cut = 0; cut < 8; cut++) {
      const copy = join(place.path, `copy-${cut}.db`);
      const mixed = Buffer.from(after.subarray(0, random() < 0.5 ? before.length : after.length));
      // Sectors reach the disk in any order: some are still the old ones.
      for (let at = 0; at < Math.min(mixed.length, before.length); at += 512) {
        if (random() < 0.5) before.copy(mixed, at, at, at + 512);
      }
      writeFileSync(copy, mixed);
      writeFileSync(`${copy}-wal`, wal);
      copyFileSync(`${path}-groups`, `${copy}-groups`);
      copyFileSync(`${path}-groups-wal`, `${copy}-groups-wal`);
      await using opened = await open(copy);
      assert.equal((await heldIn(opened)).size, 300);
    }
  });
});

/** Bytes from `at` on as a torn write leaves them: some sectors old, some never written. */
function scribble(path: string, at: number, random: () => number): void {
  const bytes = readFileSync(path);
  for (let sector = at; sector < bytes.length; sector += 512) {
    if (sector === at || random() < 0.5)
      bytes.fill(0, sector, Math.min(bytes.length, sector + 512));
  }
  writeFileSync(path, bytes);
}

interface Writer {
  readonly acknowledged: number[];
  readonly refused: string | undefined;
}

/** Runs a writer until it has acknowledged so many ranges, then kills it; or until it ends. */
async function runWriter(command: readonly string[], ranges: number): Promise<Writer> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (data: Buffer) => {
    text += data.toString();
    if (text.split("\n").length > ranges) child.kill("SIGKILL");
  });
  await once(child, "close");
  const lines = text.split("\n").slice(0, -1);
  const refused = lines.find((line) => line.startsWith("refused "));
  const acknowledged = lines
    .filter((line) => line !== refused)
    .flatMap((line) => {
      const [first = 0, last = 0] = line.split(" ").map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
  return { acknowledged, refused };
}

const writerCommand = (path: string, edge: string, first: number, rowBytes = 10): string[] => [
  process.execPath,
  join(import.meta.dirname, "crash-writer.ts"),
  `sqlite:${path}`,
  edge,
  String(first),
  String(rowBytes),
];

suite("kill -9", () => {
  test("of two writers on one file loses nothing acknowledged and writes nothing twice", async () => {
    await using place = await folder();
    const path = join(place.path, "stream.db");
    await using log = await open(path);
    const random = createRandom(3);
    const known = new Map<string, number>();
    for (let round = 0; round < 2; round++) {
      const running = ["edge-1", "edge-2"].map(async (edge) => {
        const first = (known.get(edge) ?? 0) + 1;
        const ranges = 5 + Math.floor(random() * 60);
        const { acknowledged } = await runWriter(writerCommand(path, edge, first), ranges);
        return { edge, acknowledged };
      });
      for (const { edge, acknowledged } of await Promise.all(running)) {
        const texts = (await allTexts(log)).filter((text) => text.startsWith(edge));
        const held = new Set(texts.map((text) => Number(text.split(":")[1])));
        assert.equal(held.size, texts.length);
        assert.ok(acknowledged.length > 0);
        for (const seq of acknowledged) assert.ok(held.has(seq), `${edge} ${seq}`);
        known.set(edge, Math.max(...held));
      }
    }
    const totals = await log.totals();
    assert.equal(totals.accepted, (await allTexts(log)).length);
  });
});

suite("a disk that is full", () => {
  test("refuses appends, keeps what it acknowledged, and takes more once there is room", async () => {
    await using place = await folder();
    const path = join(place.path, "stream.db");
    // Files may grow to 1 MiB (2,048 blocks of 512); the signal for it is ignored, writes fail.
    const limited = `trap '' XFSZ; ulimit -f 2048; exec "$@"`;
    const command = ["sh", "-c", limited, "sh", ...writerCommand(path, "edge-1", 1, 2_000)];
    const { acknowledged, refused } = await runWriter(command, Number.POSITIVE_INFINITY);
    assert.match(refused ?? "", /^refused StreamFullError: append: the disk of .* takes no more/);
    assert.ok(acknowledged.length > 100);
    await using log = await open(path);
    const held = await heldIn(log);
    for (const seq of acknowledged) assert.ok(held.has(seq));
    const last = Math.max(...held);
    const identity = { kind: "seq", edge: "edge-1", epoch: 1 } as const;
    const again = await log.append(batchOf(runOf(1, last + 10, partitions), { identity }));
    assert.deepEqual([again.duplicates, again.through], [held.size, last + 10]);
  });
});

suite("a damaged file", () => {
  async function made(path: string): Promise<void> {
    await using log = await open(path);
    for (let first = 1; first <= 200; first += 20) {
      const rows = runOf(first, first + 19, partitions).map((row) =>
        rowOf(row.partition, row.seq, `edge-1:${row.seq}:${"x".repeat(200)}`),
      );
      await log.append(batchOf(rows));
    }
  }

  test("is refused by name, with what to do, when it is cut short or no database", async () => {
    await using place = await folder();
    const path = join(place.path, "stream.db");
    await made(path);
    const whole = readFileSync(path);
    for (const bytes of [whole.subarray(0, whole.length / 2), Buffer.alloc(whole.length, "?")]) {
      writeFileSync(path, bytes);
      await assert.rejects(open(path), (error: unknown) => {
        assert.ok(error instanceof StreamCorruptError);
        assert.match(error.message, /stream\.db is damaged: .*restore them together from a backup/);
        return true;
      });
    }
  });

  test("is found by the checksum of the entry when a byte of a row changed", async () => {
    await using place = await folder();
    const path = join(place.path, "stream.db");
    await made(path);
    const bytes = readFileSync(path);
    // Where a page was split, its old half stays in the file, unused.
    let at = bytes.indexOf("edge-1:3:xxx");
    assert.ok(at > 0);
    for (; at > 0; at = bytes.indexOf("edge-1:3:xxx", at + 1)) bytes.write("y", at + 20);
    writeFileSync(path, bytes);
    await using log = await open(path);
    await assert.rejects(textsIn(log, 0), (error: unknown) => {
      assert.ok(error instanceof StreamCorruptError);
      assert.match(error.message, /the entry at offset 0 of partition 0/);
      return true;
    });
    assert.ok((await log.read(1, 0, wide)).length > 0);
  });

  test("is refused when the groups beside it are those of another log", async () => {
    await using place = await folder();
    const [one, two] = [join(place.path, "one.db"), join(place.path, "two.db")];
    await made(one);
    await made(two);
    copyFileSync(`${two}-groups`, `${one}-groups`);
    await assert.rejects(open(one), /one\.db-groups is damaged: it belongs to another log/);
  });

  test("and another number of partitions are told apart", async () => {
    await using place = await folder();
    const path = join(place.path, "stream.db");
    await made(path);
    const other = openStream({ url: `sqlite:${path}`, partitions: 5 }, deps);
    await assert.rejects(other, (error: unknown) => {
      assert.ok(error instanceof StreamConfigError);
      assert.match(error.message, /has 3 partitions, not 5/);
      return true;
    });
  });
});

suite("a writer that stops while it holds the lock", () => {
  test("makes others wait for a bounded time", async () => {
    await using place = await folder();
    const path = join(place.path, "stream.db");
    await using log = await openStream({ url: `sqlite:${path}`, partitions, lockWaitMs: 50 }, deps);
    const stuck = new DatabaseSync(path);
    stuck.exec("BEGIN IMMEDIATE");
    await assert.rejects(log.append(batchOf([rowOf(0, 1)])), (error: unknown) => {
      assert.ok(error instanceof StreamFullError);
      assert.match(error.message, /locked by other processes for 50 ms/);
      return true;
    });
    stuck.exec("ROLLBACK");
    stuck.close();
    assert.equal((await log.append(batchOf([rowOf(0, 1)]))).accepted, 1);
  });
});
