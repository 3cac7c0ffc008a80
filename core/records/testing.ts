// A fresh database with the stores of alerts and of who is told, for conformance.

import { sql } from "kysely";
import { createFakeClock } from "../service/clock.ts";
import { t0 } from "../watch/alerts/testing.ts";
import { createAlerts } from "./alerts.ts";
import type { ConformanceSubject } from "./conformance.ts";
import { createNotifications } from "./notifications.ts";
import { openRecords, type Records } from "./open.ts";
import { createReceivers } from "./receivers.ts";
import { createSilences } from "./silences.ts";

export const minute = 60_000;

export const webhook = (over: object = {}) => ({
  name: "Ops",
  groupWaitMs: 0,
  channel: { kind: "webhook" as const, url: "http://127.0.0.1:9/hook?key=s3cret" },
  ...over,
});

export async function openAlertStores(subject: ConformanceSubject) {
  const clock = createFakeClock({ nowMs: t0 });
  const url = await subject.freshUrl();
  const records = await openRecords({ url }, { clock });
  const deps = { records, clock };
  return {
    url,
    clock,
    records,
    alerts: createAlerts(deps),
    silences: createSilences(deps),
    receivers: createReceivers(deps),
    notifications: createNotifications(deps),
    /** All that was ever to be told, in order. */
    tellings: async () => {
      const rows = await records.db
        .selectFrom("notification")
        .select(["what", "receiver"])
        .orderBy("number")
        .execute();
      return rows.map(({ what }) => what);
    },
  };
}

/** Lets every update of a table of SQLite fail, as with a full disk; gives what ends that. */
export async function refuseUpdates(
  { db }: Records,
  table: "message" | "job_lease",
): Promise<() => Promise<void>> {
  const trigger = sql.id(`refuse_${table}`);
  await sql`create trigger ${trigger} before update on ${sql.id(table)}
    begin select raise(abort, 'the disk is full'); end`.execute(db);
  return async () => {
    await sql`drop trigger ${trigger}`.execute(db);
  };
}
