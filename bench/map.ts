// How long frames of the map take with many movers that all report every second, through the console's
// own layer and through MapLibre's GeoJSON source, in headless Chromium.

import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { chromium, type Browser } from "playwright-core";
import { build } from "vite";
import { atMost, percentile, type Bench, type BenchContext, type Outcome } from "./figure.ts";

const counts = [1_000, 10_000, 50_000];
/** Two frames of 60 a second: what is longer is seen as a stutter. */
const SMOOTH_MS = 34;
const RUN_TIMEOUT_MS = 180_000;
const folderOfConsole = join(import.meta.dirname, "../services/console");

export const mapBench: Bench = {
  name: "map",
  async run(context) {
    const executablePath = findChromium();
    if (executablePath === undefined) {
      return [{ name: "frames of the map", couldNotRun: "no chromium in PATH" }];
    }
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), "drover-map-"));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    context.progress("building the page");
    await buildPage(folder);
    const { url, close } = await serve(folder);
    stack.defer(close);
    // Without a graphics card frames are drawn by the processor: what is compared is the same for both.
    const args = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];
    const browser = await chromium.launch({ executablePath, args });
    stack.defer(() => browser.close());
    const outcomes: Outcome[] = [];
    for (const count of counts) outcomes.push(...(await compare(context, { browser, url, count })));
    return outcomes;
  },
};

interface Place {
  readonly browser: Browser;
  readonly url: string;
  readonly count: number;
}

async function compare(context: BenchContext, place: Place): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const isPanned of [false, true]) {
    const own = await frames(context, place, { way: "drover", isPanned });
    const other = await frames(context, place, { way: "geojson", isPanned });
    const value = percentile(own, 95);
    outcomes.push({
      name: `frame of ${place.count.toLocaleString("en")} movers at 1 Hz${isPanned ? ", panned" : ""}, p95`,
      value,
      unit: "ms",
      beside: { "MapLibre GeoJSON setData": percentile(other, 95) },
      ...(place.count <= 10_000 &&
        !isPanned && { goal: atMost(value, SMOOTH_MS, `≤ ${SMOOTH_MS} ms`) }),
      note: `ours ${percentiles(own)}; GeoJSON ${percentiles(other)}; no graphics card`,
    });
  }
  return outcomes;
}

interface How {
  readonly way: "drover" | "geojson";
  readonly isPanned: boolean;
}

/** How long each frame took, ms. */
async function frames(
  { progress, isQuick }: BenchContext,
  { browser, url, count }: Place,
  how: How,
): Promise<readonly number[]> {
  await using page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(RUN_TIMEOUT_MS);
  await page.goto(url);
  const run = { ...how, count, seconds: isQuick ? 3 : 12 };
  const given: unknown = await page.evaluate(`window.runBench(${JSON.stringify(run)})`);
  if (!Array.isArray(given) || given.length === 0) throw new Error("map: the page gave no frames");
  const times = given.map(Number);
  progress(`${count} by ${how.way}${how.isPanned ? ", panned" : ""}: ${percentiles(times)}`);
  return times;
}

const percentiles = (times: readonly number[]): string =>
  [50, 95, 99, 100].map((p) => `p${p} ${percentile(times, p).toFixed(0)}`).join(", ") +
  ` ms over ${times.length} frames`;

function findChromium(): string | undefined {
  const found = ["chromium", "chromium-browser", "google-chrome"].map(
    (name) => spawnSync("which", [name], { encoding: "utf8" }).stdout.trim() || undefined,
  );
  return found.find((path) => path !== undefined);
}

async function buildPage(outDir: string): Promise<void> {
  const configFile = join(folderOfConsole, "bench/vite.config.ts");
  await build({ configFile, logLevel: "silent", build: { outDir } });
}

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".svg": "image/svg+xml",
};

async function serve(folder: string) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://localhost").pathname);
    const file = join(folder, path === "/" ? "index.html" : path);
    response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
    readFile(file).then(
      (body) => response.end(body),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("map: no port to serve at");
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  return { url: `http://127.0.0.1:${address.port}/`, close };
}
