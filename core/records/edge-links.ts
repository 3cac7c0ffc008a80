// How each edge's link is, as far as it is known in this region: what ingest heard, every few
// seconds. Several processes of ingest write side by side, so that only what is newer replaces.

import { sql } from "kysely";
import type { Insertable } from "kysely";
import type { EdgeBacklog } from "../model/link.ts";
import type { Clock } from "../service/clock.ts";
import type { EdgeLinkTable } from "./edge-link-table.ts";
import type { Records } from "./open.ts";

/** What was heard of an edge lately. */
export interface EdgeNote {
  readonly edge: string;
  /** Region's clock, epoch ms. */
  readonly receivedAt: number;
  readonly epoch: number;
  /** What is durable of that epoch without a hole; 0 when nothing or not known. */
  readonly through: number;
  /** What the edge said of itself last. */
  readonly told?: { readonly at: number; readonly backlog: EdgeBacklog };
}

/** `late` means that nothing came for a while; `silent`, that the edge or its link is down. */
export type LinkState = "up" | "late" | "silent";

export interface EdgeLink {
  readonly edge: string;
  /** Region's clock, epoch ms; to a few seconds. */
  readonly lastReceivedAt: number;
  /** The newest epoch that was heard of. */
  readonly epoch: number;
  readonly through: number;
  /** Absent for a sender that says nothing of itself. */
  readonly backlog?: EdgeBacklog & {
    /** Region's clock, epoch ms: when the edge said so. */
    readonly toldAt: number;
  };
  readonly state: LinkState;
}

export interface EdgeLinks {
  /** Who was heard of last comes first; at most `edgesMax`. */
  list(): Promise<readonly EdgeLink[]>;
  /** Keeps what is newer than what is known. Beyond `edgesMax` the longest silent are forgotten. */
  note(notes: readonly EdgeNote[]): Promise<void>;
}

export interface EdgeLinksDeps {
  readonly records: Records;
  readonly clock: Pick<Clock, "now">;
}

/** Edges that are remembered. Bound: drop-oldest. */
export const edgesMax = 5_000;
/** Three times what an idle edge lets pass between two requests. */
export const lateAfterMs = 45_000;
export const silentAfterMs = 120_000;
/** Rows of one statement. */
const ROWS_MAX = 200;

export function linkStateOf(lastReceivedAt: number, nowMs: number): LinkState {
  const ageMs = nowMs - lastReceivedAt;
  if (ageMs <= lateAfterMs) return "up";
  return ageMs <= silentAfterMs ? "late" : "silent";
}

export function createEdgeLinks(deps: EdgeLinksDeps): EdgeLinks {
  const { db } = deps.records;

  async function forgetBeyond(bound: number): Promise<void> {
    const first = await db
      .selectFrom("edge_link")
      .select("last_received_at")
      .orderBy("last_received_at", "desc")
      .orderBy("edge")
      .offset(bound)
      .limit(1)
      .executeTakeFirst();
    if (first === undefined) return;
    await db
      .deleteFrom("edge_link")
      .where("last_received_at", "<=", first.last_received_at)
      .execute();
  }

  return {
    async list() {
      const nowMs = deps.clock.now();
      const rows = await db
        .selectFrom("edge_link")
        .selectAll()
        .orderBy("last_received_at", "desc")
        .orderBy("edge")
        .limit(edgesMax)
        .execute();
      return rows.map((row) => linkOf(row, nowMs));
    },

    async note(notes) {
      for (let start = 0; start < notes.length; start += ROWS_MAX) {
        await db
          .insertInto("edge_link")
          .values(notes.slice(start, start + ROWS_MAX).map(rowOf))
          .onConflict((conflict) => conflict.column("edge").doUpdateSet(newer))
          .execute();
      }
      await forgetBeyond(edgesMax);
    },
  };
}

/** In an upsert the bare name is the row that is there, `excluded` the one that comes. */
const newer = {
  last_received_at: sql<number>`case when excluded.last_received_at > edge_link.last_received_at
    then excluded.last_received_at else edge_link.last_received_at end`,
  epoch: sql<number>`case when excluded.epoch > edge_link.epoch
    then excluded.epoch else edge_link.epoch end`,
  through: sql<number>`case when excluded.epoch > edge_link.epoch
    or (excluded.epoch = edge_link.epoch and excluded.through > edge_link.through)
    then excluded.through else edge_link.through end`,
  told_at: told("told_at"),
  backlog_reports: told("backlog_reports"),
  backlog_bytes: told("backlog_bytes"),
  backlog_oldest_at: told("backlog_oldest_at"),
  backlog_drain_ms: told("backlog_drain_ms"),
};

function told(column: string) {
  const ours = sql.ref(`edge_link.${column}`);
  const theirs = sql.ref(`excluded.${column}`);
  return sql<number | null>`case when excluded.told_at is null
    or edge_link.told_at > excluded.told_at then ${ours} else ${theirs} end`;
}

function rowOf({
  edge,
  receivedAt,
  epoch,
  through,
  told: last,
}: EdgeNote): Insertable<EdgeLinkTable> {
  return {
    edge,
    last_received_at: receivedAt,
    epoch,
    through,
    told_at: last?.at ?? null,
    backlog_reports: last?.backlog.reports ?? null,
    backlog_bytes: last?.backlog.bytes ?? null,
    backlog_oldest_at: last?.backlog.oldestAt ?? null,
    backlog_drain_ms: last?.backlog.drainMs ?? null,
  };
}

function linkOf(row: EdgeLinkTable, nowMs: number): EdgeLink {
  const { edge, last_received_at: lastReceivedAt, epoch, through } = row;
  const state = linkStateOf(lastReceivedAt, nowMs);
  const link = { edge, lastReceivedAt, epoch, through, state };
  const { told_at: toldAt, backlog_reports: reports, backlog_bytes: bytes } = row;
  if (toldAt === null || reports === null || bytes === null) return link;
  return {
    ...link,
    backlog: {
      reports,
      bytes,
      toldAt,
      ...(row.backlog_oldest_at !== null && { oldestAt: row.backlog_oldest_at }),
      ...(row.backlog_drain_ms !== null && { drainMs: row.backlog_drain_ms }),
    },
  };
}
