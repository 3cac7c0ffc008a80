// A real edge in a process of its own, and what to look for at the other end.

import { join } from "node:path";
import { startHelper, type Helper } from "./child.ts";
import type { Rig } from "./rig.ts";

export interface DriverOptions {
  readonly url: string;
  readonly token: string;
  readonly edge: string;
  readonly dataDir: string;
}

/** The asset whose reports are looked for at the other end. */
export const markerAsset = "marker:bench";

export type DriverOrder =
  /** Reports of now, so many a second whatever happens, every 10 ms some and a marker. */
  | { readonly kind: "pace"; readonly perSecond: number; readonly seconds: number }
  /** As many as the way takes. */
  | { readonly kind: "flood"; readonly seconds: number }
  /** Puts a day of stations into the outbox, with nobody to send it to. */
  | { readonly kind: "fill"; readonly stations: number; readonly each: number }
  /** Starts to send; then a marker whenever the one before was `everyMs` ago. */
  | { readonly kind: "drain"; readonly everyMs: number }
  | { readonly kind: "status" };

export interface DriverAnswer {
  readonly reports: number;
  readonly seconds: number;
  /** Event time of each marker, and when the outbox had it, epoch ms. */
  readonly markers: readonly (readonly [at: number, acceptedAt: number])[];
  /** Reports that the outbox has still to send. */
  readonly backlog: number;
  readonly cpuSeconds: number;
}

const edge = "bench";

export type Driver = Helper<DriverOrder, DriverAnswer>;

/** An edge that reports to the rig's first ingest. */
export async function startDriver(rig: Rig): Promise<Driver> {
  const options: DriverOptions = {
    url: rig.urlsOf("ingest")[0] ?? "",
    token: await rig.token({ role: "edge", edge, label: "bench" }),
    edge,
    dataDir: join(rig.dataDir, "edge"),
  };
  return startHelper<DriverOrder, DriverAnswer>("edge-driver.ts", options);
}

export async function countRows(rig: Rig): Promise<number> {
  const [row] = await rig.history.rows<{ n: number }>(
    "SELECT toFloat64(count()) AS n FROM reports",
  );
  return row?.n ?? 0;
}
