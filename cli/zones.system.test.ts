import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { text as readText } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { openRecords } from "@drover/core/records/open";
import { createTokens } from "@drover/core/records/tokens";
import { systemClock } from "@drover/core/service/clock";

const rootDir = dirname(import.meta.dirname);
const timeout = 30_000;
const square = [
  [130, -13],
  [131, -13],
  [131, -12],
  [130, -12],
  [130, -13],
];
const feature = (name: string, coordinates: unknown = [square]) => ({
  type: "Feature",
  properties: { name },
  geometry: { type: "Polygon", coordinates },
});

let folder = "";
let url = "";
const tokens = { operator: "", viewer: "" };
let api: ReturnType<typeof spawn>;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-zones-"));
  const recordsUrl = `sqlite:${join(folder, "records.db")}`;
  await using records = await openRecords({ url: recordsUrl }, { clock: systemClock });
  const made = createTokens({ records, clock: systemClock });
  for (const role of ["operator", "viewer"] as const) {
    tokens[role] = (await made.create({ role, label: role })).token;
  }
  api = spawn(process.execPath, [join(rootDir, "services/api/main.ts")], {
    env: {
      DROVER_HOST: "127.0.0.1",
      DROVER_PORT: "0",
      DROVER_RECORDS_URL: recordsUrl,
      DROVER_STREAM_URL: `sqlite:${join(folder, "stream.db")}`,
      DROVER_CLICKHOUSE_URL: "http://127.0.0.1:1",
      DROVER_BOARD_WAIT_MS: "0",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  assert.ok(api.stdout);
  for await (const line of createInterface({ input: api.stdout })) {
    const { msg, url: listening }: { msg?: string; url?: string } = JSON.parse(line);
    if (msg !== "listening" || listening === undefined) continue;
    url = listening;
    break;
  }
});
after(async () => {
  api.kill("SIGKILL");
  if (api.exitCode === null && api.signalCode === null) await once(api, "exit");
  await rm(folder, { recursive: true });
});

async function zones(args: readonly string[], more: { token?: string; input?: string } = {}) {
  const { token = tokens.operator, input = "" } = more;
  const child = spawn(process.execPath, [join(rootDir, "cli/main.ts"), "zones", ...args], {
    cwd: folder,
    env: { DROVER_TOKEN: token },
  });
  child.stdin.end(input);
  const [out, err, [code]] = await Promise.all([
    readText(child.stdout),
    readText(child.stderr),
    once(child, "exit"),
  ]);
  return { code: Number(code), out, err };
}

test("a file goes in, is listed, comes out the same, and is removed", { timeout }, async () => {
  const file = join(folder, "in.geojson");
  const features = [feature("Finniss"), feature("Cox Peninsula")];
  await writeFile(file, JSON.stringify({ type: "FeatureCollection", features }));
  const to = ["--to", url];
  const dry = await zones(["import", "in.geojson", "--dry-run", ...to]);
  assert.deepEqual(
    [dry.code, dry.out],
    [0, "2 would be created, 0 would be changed, 0 unchanged\n"],
  );
  const first = await zones(["import", "in.geojson", ...to]);
  assert.deepEqual([first.code, first.out], [0, "2 created, 0 changed, 0 unchanged\n"]);
  const listed = await zones(["list", ...to, "--json"]);
  const ids = JSON.parse(listed.out).map(({ id }: { id: string }) => id);
  assert.deepEqual(ids, ["cox-peninsula", "finniss"]);
  assert.match((await zones(["list", ...to])).out, /cox-peninsula {2}Cox Peninsula {2}polygon/);
  const exported = await zones(["export", ...to, "--output", "out.geojson"]);
  assert.deepEqual([exported.code, exported.out], [0, "2 zones in out.geojson\n"]);
  const input = await readFile(join(folder, "out.geojson"), "utf8");
  const again = await zones(["import", "-", ...to, "--json"], { input });
  assert.deepEqual([again.code, JSON.parse(again.out).unchanged], [0, 2]);
  const one = await zones(["export", "finniss", ...to]);
  assert.equal(JSON.parse(one.out).features.length, 1);
  const removed = await zones(["remove", "finniss", "nobody", ...to]);
  assert.deepEqual([removed.code, removed.out], [1, "removed finniss\n"]);
  assert.match(removed.err, /nobody: there is no zone nobody\n.*1 of 2 stay/s);
});

test("mistakes are told with their feature, and nothing is stored", { timeout }, async () => {
  const broken = feature("Open", [square.slice(0, 4)]);
  const collection = { type: "FeatureCollection", features: [feature("Good"), broken] };
  const input = JSON.stringify(collection);
  const refused = await zones(["import", "-", "--to", url], { input });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /feature 1: geometry\.coordinates\[0\]: .*not closed.*\(at 130, -12\)/);
  assert.equal((await zones(["export", "good", "--to", url])).code, 1);
  const some = await zones(["import", "-", "--partial", "--to", url], { input });
  assert.deepEqual([some.code, some.out], [1, "1 created, 0 changed, 0 unchanged\n"]);
});

test("exit codes tell usage from what could not run", { timeout }, async () => {
  const viewer = await zones(["remove", "good", "--to", url], { token: tokens.viewer });
  assert.equal(viewer.code, 3);
  assert.match(viewer.err, /403/);
  assert.equal((await zones(["list", "--to", "http://127.0.0.1:1"])).code, 3);
  assert.equal((await zones(["import", "none.geojson", "--to", url])).code, 3);
  assert.equal((await zones(["list", "--at", "yesterday", "--to", url])).code, 2);
  assert.equal((await zones(["remove"])).code, 2);
});
