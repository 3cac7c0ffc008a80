// Before anything runs: does this database, with the tables as they are, really drop an insert that
// comes again? Exactly-once stands on it, and nothing else would show that it is off.

import { randomBytes } from "node:crypto";
import { createRowEncoder } from "../model/row-encoder.ts";
import type { History } from "./client.ts";
import { derivedSelect, derivedTables } from "./derived.ts";
import { insertRows } from "./insert.ts";

/** Thrown when a repeated insert was counted twice; the message names the tables. */
export class DeduplicationOffError extends Error {
  override name = "DeduplicationOffError";
  readonly tables: readonly string[];
  constructor(tables: readonly string[]) {
    super(
      `history: an insert made twice was counted twice in ${tables.join(", ")}; ` +
        "their deduplication windows must not be 0",
    );
    this.tables = tables;
  }
}

/**
 * Makes copies of the tables as they stand, inserts one report twice under one token, directly and
 * through the views, and counts.
 *
 * @param nowMs epoch ms; the reports are of this moment, so that no retention forgets them at once
 * @throws DeduplicationOffError
 */
export async function testDeduplication(history: History, nowMs: number): Promise<void> {
  const suffix = randomBytes(6).toString("hex");
  const probeOf = (table: string) => `probe_${table}_${suffix}`;
  const tables = ["reports", "feed", ...derivedTables] as const;
  try {
    for (const table of tables) {
      await history.command(`CREATE TABLE ${probeOf(table)} AS ${table}`);
    }
    for (const table of derivedTables) {
      const select = derivedSelect(table, { table: probeOf("feed") });
      const view = probeOf(`view_of_${table}`);
      await history.command(`CREATE MATERIALIZED VIEW ${view} TO ${probeOf(table)} AS ${select}`);
    }
    const chunks = [encodeProbe(nowMs)];
    for (const table of ["reports", "feed"] as const) {
      const token = `self-test-${suffix}`;
      await insertRows(history, { table: probeOf(table), token, chunks });
      await insertRows(history, { table: probeOf(table), token, chunks });
    }
    const failed = await countedTwice(history, probeOf);
    if (failed.length > 0) throw new DeduplicationOffError(failed);
  } finally {
    for (const table of derivedTables) {
      await history.command(`DROP TABLE IF EXISTS ${probeOf(`view_of_${table}`)}`);
    }
    for (const table of tables) await history.command(`DROP TABLE IF EXISTS ${probeOf(table)}`);
  }
}

const probeRows = 200;

/** Reports of successive milliseconds: one in ten is copied to the map, so that every view speaks. */
function encodeProbe(nowMs: number): Uint8Array {
  const encoder = createRowEncoder();
  for (let offset = 0; offset < probeRows; offset++) {
    encoder.encode(
      {
        asset: "probe:self-test",
        kind: "probe",
        at: nowMs - offset,
        position: { lat: -12.4, lon: 130.9, altitudeM: 30 },
        motion: { speedMps: 1 },
        measurements: { probe: 1 },
        source: "self-test",
      },
      { edge: "", epoch: 0, seq: offset + 1, sentAt: nowMs, receivedAt: nowMs, suspect: false },
    );
  }
  return encoder.bytes();
}

/** `latest` is left out: it keeps the newest, however often it comes. */
async function countedTwice(history: History, probeOf: (table: string) => string) {
  const counts = {
    reports: `SELECT count() FROM ${probeOf("reports")}`,
    motion: `SELECT sum(reports) FROM ${probeOf("motion")} WHERE step = 86400`,
    measurements: `SELECT sum(count) FROM ${probeOf("measurements")} WHERE step = 86400`,
    heat: `SELECT sum(reports) FROM ${probeOf("heat")} WHERE resolution = 3`,
    map_points: `SELECT if(count() = uniqExact(at), ${probeRows}, 0) FROM ${probeOf("map_points")}`,
  };
  const selects = Object.entries(counts).map(([table, count]) => `(${count}) AS ${table}`);
  const [found] = await history.rows<Record<string, number>>(`SELECT ${selects.join(", ")}`);
  return Object.keys(counts).filter((table) => found?.[table] !== probeRows);
}
