// An edge in the field: a real edge process behind a flaky link, and the device that feeds it.
//
// The device pushes over HTTP and never repeats a push: what the edge acknowledged is in the
// ledger as acknowledged, what it did not may be stored or not, but never twice.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Report } from "../../core/model/report.ts";
import { freePort, waitFor, type Drover } from "../boot.ts";
import { openLink, type FlakyLink } from "./flaky-link.ts";
import { numberMetric, type Ledger } from "./ledger.ts";

const launcher = fileURLToPath(new URL("../../bin/drover.js", import.meta.url));

const Status = z.looseObject({
  regions: z.array(
    z.looseObject({ backlog: z.looseObject({ reports: z.int(), untold: z.int() }) }),
  ),
});

export interface FieldOptions {
  readonly id: string;
  readonly drover: Drover;
  readonly ledger: Ledger;
  readonly random: () => number;
  /** Numbers of this edge's reports start here. */
  readonly firstNumber: number;
  /** Event time of a report, by its number in this field. */
  readonly atOf: (index: number) => number;
  readonly env?: Readonly<Record<string, string>>;
  /** Shell prefix that limits the process, such as `ulimit -f 2048;`. */
  readonly limit?: string;
}

export interface Field extends AsyncDisposable {
  readonly id: string;
  readonly link: FlakyLink;
  start(): Promise<void>;
  kill(): Promise<void>;
  isRunning(): boolean;
  /** Offers the next reports; gives how many were acknowledged. Never throws. */
  push(count: number): Promise<number>;
  /** Offers exactly this report. */
  pushOne(report: Report): Promise<boolean>;
  /** Reports that some region has still to acknowledge. */
  backlog(): Promise<number>;
}

const assetsEach = 40;

export async function openField(options: FieldOptions): Promise<Field> {
  const { id, drover, ledger, random } = options;
  const folder = await mkdtemp(join(tmpdir(), `drover-oracle-${id}-`));
  const link = await openLink(() => drover.url, random);
  const token = drover.token("edge", "--edge", id);
  const [devicePort, port] = [await freePort(), await freePort()];
  let child: ChildProcess | undefined;
  let index = 0;

  const isRunning = () =>
    child !== undefined && child.exitCode === null && child.signalCode === null;

  async function offer(reports: readonly Report[]): Promise<number> {
    for (const report of reports) ledger.offered(report);
    try {
      const response = await fetch(`http://127.0.0.1:${devicePort}/`, {
        method: "POST",
        headers: {
          "content-type": "application/x-ndjson",
          authorization: "Bearer device-of-the-oracle",
        },
        body: reports.map((report) => JSON.stringify(report)).join("\n"),
        signal: AbortSignal.timeout(20_000),
      });
      const text = await response.text();
      if (!response.ok) return 0;
      const { accepted } = z.looseObject({ accepted: z.int() }).parse(JSON.parse(text));
      if (accepted !== reports.length)
        throw new Error(`field ${id}: took ${text} of ${reports.length}`);
      for (const report of reports) ledger.acknowledged(report);
      return reports.length;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("field")) throw error;
      return 0;
    }
  }

  function reportOf(number: number, at: number): Report {
    const asset = `vehicle:${id}-${index % assetsEach}`;
    const measurements: Record<string, number> = { [numberMetric]: number, noise: random() };
    const report: Report = { asset, kind: "vehicle", at, measurements, source: "http" };
    if (random() < 0.8) {
      report.position = { lat: -20 + random() * 0.01, lon: 130 + random() * 0.01 };
      if (random() < 0.5) report.position.altitudeM = random() * 1_000;
      if (random() < 0.3) report.position.onGround = random() < 0.5;
    }
    if (random() < 0.5) report.motion = { speedMps: random() * 30, headingDeg: random() * 360 };
    if (random() < 0.2) report.attributes = { note: `näïve \n\n DROP TABLE reports; ${number}` };
    return report;
  }

  const field: Field = {
    id,
    link,
    isRunning,
    async start() {
      const source = `http=${devicePort}`;
      const words = [launcher, "edge", "--id", id].concat([
        "--to",
        link.url,
        "--data",
        folder,
        "--port",
        String(port),
        "--source",
        source,
      ]);
      const env = {
        ...process.env,
        DROVER_TOKEN: token,
        DROVER_SOURCE_HTTP_TOKEN: "device-of-the-oracle",
        DROVER_LOG_LEVEL: "fatal",
        ...options.env,
      };
      child =
        options.limit === undefined
          ? spawn(process.execPath, words, { env, stdio: "ignore" })
          : spawn("sh", ["-c", `${options.limit} exec "$@"`, "sh", process.execPath, ...words], {
              env,
              stdio: "ignore",
            });
      await waitFor(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, 30_000);
    },
    async kill() {
      if (!child || !isRunning()) return;
      const gone = once(child, "exit");
      // The launcher's child is the edge; both must go, as with a power switch.
      await killTree(child);
      await gone;
    },
    async push(count) {
      const reports = Array.from({ length: count }, () => {
        const report = reportOf(options.firstNumber + index, options.atOf(index));
        index++;
        return report;
      });
      return offer(reports);
    },
    pushOne: async (report) => (await offer([report])) === 1,
    async backlog() {
      const response = await fetch(`http://127.0.0.1:${port}/v1/edge/status`);
      const { regions } = Status.parse(await response.json());
      return regions.reduce((sum, { backlog }) => sum + backlog.reports + backlog.untold, 0);
    },
    async [Symbol.asyncDispose]() {
      await field.kill();
      await link[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
  return field;
}

async function killTree(root: ChildProcess): Promise<void> {
  if (root.pid === undefined) return;
  const path = `/proc/${root.pid}/task/${root.pid}/children`;
  const children = await readFile(path, "utf8").catch(() => "");
  for (const pid of children.split(" ").filter((text) => text !== "")) {
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
  root.kill("SIGKILL");
}
