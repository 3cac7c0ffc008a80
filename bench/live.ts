// What live clients cost: processor time, bytes, and how old a position is when a client has it, with
// movers that each move once a second. Beside it the same as JSON to everybody. In the end each client's
// table is compared with the server's board.

import { startHelper } from "./child.ts";
import { atMost, percentile, type Bench, type BenchContext, type Outcome } from "./figure.ts";
import type { LiveClientsAnswer, LiveClientsOptions, LiveClientsOrder } from "./live-clients.ts";
import type { LiveServerAnswer, LiveServerOptions, LiveServerOrder } from "./live-server.ts";

export const liveBench: Bench = { name: "live", run };

interface Load {
  readonly mode: "frames" | "json";
  readonly clients: number;
  readonly movers: number;
  readonly viewDeg?: number;
  readonly seconds: number;
}

interface Measured {
  readonly cpuPercent: number;
  readonly kibPerClientSecond: number;
  readonly updatesPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly grownMib: number;
  readonly moversPerClient: number;
}

async function run({ isQuick, progress }: BenchContext): Promise<readonly Outcome[]> {
  const seconds = isQuick ? 3 : 20;
  const movers = 10_000;
  const world = await measure({ mode: "frames", clients: 50, movers, seconds });
  progress(`50 clients, frames: ${told(world)}`);
  const json = await measure({ mode: "json", clients: 50, movers, seconds });
  progress(`50 clients, JSON: ${told(json)}`);
  const views = await measure({ mode: "frames", clients: 500, movers, viewDeg: 30, seconds });
  progress(`500 clients with a viewport: ${told(views)}`);
  const what = `50 clients × ${movers.toLocaleString("en")} movers at 1 Hz`;
  const viewed = `500 clients, each a viewport of ${Math.round(views.moversPerClient)} of them`;
  const note = "clients decode on the same cores; every table equals the server's in the end";
  return [
    {
      name: `live: ${what}, server's processor`,
      value: world.cpuPercent,
      unit: "% of a core",
      beside: { "JSON broadcast": json.cpuPercent },
      note: `${note}; memory grew by ${world.grownMib.toFixed(1)} MiB in ${seconds} s`,
    },
    {
      name: `live: ${what}, bytes`,
      value: world.kibPerClientSecond,
      unit: "KiB/client·s",
      beside: { "JSON broadcast": json.kibPerClientSecond },
      goal: atMost(world.kibPerClientSecond * 5, json.kibPerClientSecond, "≤ 1/5 of JSON"),
    },
    {
      name: `live: ${what}, event → client, p95`,
      value: world.p95Ms,
      unit: "ms",
      beside: { "JSON broadcast": json.p95Ms },
      goal: atMost(world.p95Ms, 2_000, "< 2 s"),
      note: `p50 ${world.p50Ms} ms; a tick is 1 s`,
    },
    {
      name: `live: ${viewed}, server's processor`,
      value: views.cpuPercent,
      unit: "% of a core",
      note: `${views.kibPerClientSecond.toFixed(1)} KiB/client·s; p95 ${views.p95Ms} ms; memory grew by ${views.grownMib.toFixed(1)} MiB`,
    },
  ];
}

const told = ({ cpuPercent, kibPerClientSecond, p95Ms }: Measured) =>
  `${cpuPercent.toFixed(0)} % of a core, ${kibPerClientSecond.toFixed(0)} KiB/client·s, p95 ${p95Ms} ms`;

/** @throws when a client's table is not the server's, or nothing came. */
async function measure(load: Load): Promise<Measured> {
  const { mode, clients, movers, viewDeg, seconds } = load;
  const options: LiveServerOptions = { mode, movers, clientsMax: clients };
  await using server = await startHelper<LiveServerOrder, LiveServerAnswer>(
    "live-server.ts",
    options,
    ["--expose-gc"],
  );
  const { url } = await server.ask({ seconds: 0 });
  const asked: LiveClientsOptions = { mode, url, clients, ...(viewDeg && { viewDeg }) };
  await using crowd = await startHelper<LiveClientsOrder, LiveClientsAnswer>(
    "live-clients.ts",
    asked,
  );
  const warm = await server.ask({ seconds: 3 });
  await crowd.ask({ kind: "reset" });
  const spent = await server.ask({ seconds });
  const counted = await crowd.ask({ kind: "report" });
  // Two ticks, so that the last moves have been told.
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  const last = await crowd.ask({ kind: "report" });
  const differing = last.digests.filter((digest) => digest !== spent.digest).length;
  if (differing > 0)
    throw new Error(`live: ${differing} of ${clients} tables are not the server's`);
  if (counted.updates === 0) throw new Error("live: nothing came");
  return {
    cpuPercent: (spent.cpuSeconds / seconds) * 100,
    kibPerClientSecond: counted.bytes / clients / seconds / 1_024,
    updatesPerSecond: counted.updates / seconds,
    p50Ms: percentile(counted.ages, 50),
    p95Ms: percentile(counted.ages, 95),
    grownMib: (spent.memoryBytes - warm.memoryBytes) / 1_048_576,
    moversPerClient: counted.movers / clients,
  };
}
