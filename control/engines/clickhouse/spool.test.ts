import assert from "node:assert/strict";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { ClickHouseError } from "./errors.ts";
import { temporaryFolder } from "./process.fixture.ts";
import { openSpool } from "./spool.ts";

async function* pieces(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

const config = { bodyBytesMax: 1_000, heldBytesMax: 1_500 };
const none = Buffer.alloc(0);

test("a shorter body in a used file ends where it ends", async () => {
  await using root = await temporaryFolder();
  await using spool = await openSpool({ ...config, folders: [join(root.path, "spool")] });
  const paths = new Set<string>();
  for (const text of ["a longer body", "short", "", "the longest body of them all"]) {
    await using body = await spool.write(Buffer.from(text.slice(0, 3)), pieces(text.slice(3)));
    assert.equal(await readFile(body.path, "utf8"), text);
    assert.equal(body.sizeBytes, text.length);
    paths.add(body.path);
  }
  assert.equal(paths.size, 1);
  assert.equal(spool.bytesHeld(), 0);
});

test("rejects what is beyond its bounds and holds nothing of it", async () => {
  await using root = await temporaryFolder();
  await using spool = await openSpool({ ...config, folders: [join(root.path, "spool")] });
  await assert.rejects(
    spool.write(none, pieces("x".repeat(900), "x".repeat(101))),
    ClickHouseError,
  );
  assert.equal(spool.bytesHeld(), 0);
  await using first = await spool.write(Buffer.alloc(1_000), undefined);
  await assert.rejects(spool.write(Buffer.alloc(501), undefined), {
    codeName: "TOO_MANY_SIMULTANEOUS_QUERIES",
  });
  assert.equal(spool.bytesHeld(), first.sizeBytes);
});

test("a body that breaks off leaves no bytes to the next one", async () => {
  await using root = await temporaryFolder();
  await using spool = await openSpool({ ...config, folders: [join(root.path, "spool")] });
  const broken = async function* () {
    yield Buffer.from("a long beginning");
    throw new Error("the caller left");
  };
  await assert.rejects(spool.write(none, broken()), /left/);
  await using body = await spool.write(none, pieces("next"));
  assert.equal(await readFile(body.path, "utf8"), "next");
});

test("goes on when its files are cleaned away, and deletes leftovers at start", async () => {
  await using root = await temporaryFolder();
  const folder = join(root.path, "spool");
  await using spool = await openSpool({ ...config, folders: [folder] });
  await (await spool.write(none, pieces("one")))[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
  await using body = await spool.write(none, pieces("two"));
  assert.equal(await readFile(body.path, "utf8"), "two");
  await writeFile(join(folder, "99.body"), "left over");
  await using again = await openSpool({ ...config, folders: [folder] });
  assert.deepEqual(await readdir(again.folder), []);
});

test("takes the next folder when one cannot be written", async () => {
  await using root = await temporaryFolder();
  const file = join(root.path, "file");
  await writeFile(file, "");
  const folders = [join(file, "spool"), join(root.path, "spool")];
  await using spool = await openSpool({ ...config, folders });
  assert.equal(spool.folder, folders[1]);
});

test("bodies that come together have a file each", async () => {
  await using root = await temporaryFolder();
  await using spool = await openSpool({ ...config, folders: [join(root.path, "spool")] });
  const texts = Array.from({ length: 8 }, (_, index) => `body ${index}`);
  const bodies = await Promise.all(texts.map((text) => spool.write(Buffer.from(text), undefined)));
  const read = await Promise.all(bodies.map(({ path }) => readFile(path, "utf8")));
  assert.deepEqual(read, texts);
  for (const body of bodies) await body[Symbol.asyncDispose]();
});
