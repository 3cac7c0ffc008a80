import type { Kysely } from "kysely";
import { alertOf, lockAlerts, type Tx } from "./alert-rows.ts";
import type { RecordsSchema } from "./schema.ts";
import { readReceivers, type ToTell, writeTellings } from "./telling-rows.ts";

/** Alerts that are told again at one call; what is beyond waits for the next. */
const REMIND_MAX = 500;

/** Tells again, to each receiver that asks for it, what nobody has acknowledged for its `repeatMs`. */
export async function remind(db: Kysely<RecordsSchema>, nowMs: number): Promise<void> {
  if ((await readOverdue(db, nowMs)).length === 0) return;
  await db.transaction().execute(async (tx: Tx) => {
    await lockAlerts(tx);
    await writeTellings(tx, await readOverdue(tx, nowMs), nowMs);
  });
}

async function readOverdue(db: Kysely<RecordsSchema>, nowMs: number): Promise<readonly ToTell[]> {
  const receivers = (await readReceivers(db)).filter(
    ({ isEnabled, tell }) => isEnabled && tell.includes("repeated"),
  );
  if (receivers.length === 0) return [];
  const shortestMs = Math.min(...receivers.map(({ repeatMs }) => repeatMs));
  const rows = await db
    .selectFrom("notification")
    .innerJoin("alert", "alert.id", "notification.alert")
    .select((row) => [
      "notification.receiver",
      "alert.id",
      "alert.body",
      row.fn.max("notification.at").as("told_at"),
    ])
    .where("alert.state", "=", "raised")
    .where("alert.is_held", "=", 0)
    .where("alert.inhibited_by", "is", null)
    .where("notification.what", "in", ["raised", "escalated", "repeated"])
    .where("notification.state", "!=", "dropped")
    .groupBy(["notification.receiver", "alert.id", "alert.body"])
    .having((row) => row(row.fn.max("notification.at"), "<=", nowMs - shortestMs))
    .limit(REMIND_MAX)
    .execute();
  return rows.flatMap((row): ToTell | [] => {
    const receiver = receivers.find(({ id }) => id === row.receiver);
    const alert = alertOf(row);
    const isSilent = alert.silencedBy !== undefined || alert.isFlapping;
    if (receiver === undefined || isSilent) return [];
    if (nowMs - row.told_at < receiver.repeatMs) return [];
    return { alert, telling: "repeated", to: new Set([receiver.id]) };
  });
}
