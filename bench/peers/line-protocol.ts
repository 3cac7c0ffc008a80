// Bare inserts of the same rows into InfluxDB and VictoriaMetrics, both by InfluxDB's line protocol.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Pool } from "undici";
import type { Report } from "../../core/model/report.ts";
import { startPeer, type PeerSpec } from "./server.ts";

const isOk = async (url: string): Promise<boolean> => (await fetch(url)).ok;

const influx: PeerSpec = {
  program: "influxd",
  async options({ port, folder }) {
    const config = join(folder, "influxdb.conf");
    const text = [
      "reporting-disabled = true",
      'bind-address = "127.0.0.1:0"',
      `[meta]\ndir = "${folder}/meta"`,
      `[data]\ndir = "${folder}/data"\nwal-dir = "${folder}/wal"\nquery-log-enabled = false\nmax-series-per-database = 0`,
      `[http]\nbind-address = "127.0.0.1:${port}"\nlog-enabled = false\nmax-body-size = 0`,
      "[monitor]\nstore-enabled = false",
    ];
    await writeFile(config, text.join("\n"));
    return ["-config", config];
  },
  isUp: (port) => isOk(`http://127.0.0.1:${port}/ping`),
};

const victoria: PeerSpec = {
  program: "victoria-metrics",
  options: async ({ port, folder }) => [
    `-storageDataPath=${folder}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    "-retentionPeriod=12",
    "-loggerLevel=ERROR",
  ],
  isUp: (port) => isOk(`http://127.0.0.1:${port}/health`),
};

/** Reports/s of InfluxDB 1.6: WAL fsync on each write. */
export const insertIntoInflux = (bodies: readonly Body[]): Promise<number> =>
  insert(influx, bodies, async (port) => {
    await fetch(`http://127.0.0.1:${port}/query?q=CREATE+DATABASE+bench`, { method: "POST" });
  });

/** Reports/s of VictoriaMetrics 1.79: in memory, flushed within seconds; a sample per field. */
export const insertIntoVictoria = (bodies: readonly Body[]): Promise<number> =>
  insert(victoria, bodies, async () => {});

/** Lines of one request, made before the clock starts. */
export interface Body {
  readonly reports: number;
  readonly text: string;
}

async function insert(
  spec: PeerSpec,
  bodies: readonly Body[],
  prepare: (port: number) => Promise<void>,
): Promise<number> {
  await using server = await startPeer(spec);
  await prepare(server.port);
  const pool = new Pool(`http://127.0.0.1:${server.port}`, { connections: 2 });
  const startedAt = performance.now();
  let next = 0;
  let reports = 0;
  await Promise.all(
    [0, 1].map(async () => {
      for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
        const path = "/write?db=bench&precision=ms";
        const answer = await pool.request({ method: "POST", path, body: body.text });
        await answer.body.dump();
        if (answer.statusCode !== 204)
          throw new Error(`${spec.program}: HTTP ${answer.statusCode}`);
        reports += body.reports;
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  await pool.close();
  return reports / seconds;
}

/** A report as a line: the asset is the tag, every number a field, every attribute a text field. */
export function lineOf(report: Report): string {
  const fields: string[] = [];
  const sections = [report.position, report.motion, report.measurements];
  for (const section of sections) {
    for (const [name, value] of Object.entries(section ?? {})) {
      if (typeof value === "number") fields.push(`${name}=${value}`);
    }
  }
  for (const [name, value] of Object.entries(report.attributes ?? {})) {
    fields.push(`${name}="${value}"`);
  }
  return `reports,asset=${report.asset},source=${report.source} ${fields.join(",")} ${report.at}`;
}
