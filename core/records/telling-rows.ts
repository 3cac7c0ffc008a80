// What is to be told, as rows that are written in the transaction that changes the alert.

import type { Alert } from "../model/alert.ts";
import { type Receiver, ReceiverInput, type Telling } from "../model/receiver.ts";
import { eventId } from "../watch/event-id.ts";
import { recipientsOf } from "../watch/alerts/telling.ts";
import { chunksOf, moveCounter, type Tx } from "./alert-rows.ts";
import type { NotificationTable, ReceiverTable } from "./alert-tables.ts";
import type { Kysely } from "kysely";
import type { RecordsSchema } from "./schema.ts";

export interface ToTell {
  readonly alert: Alert;
  readonly telling: Telling;
  /** Only these receivers, whatever they match; for repetitions. */
  readonly to?: ReadonlySet<string>;
}

export async function readReceivers(db: Kysely<RecordsSchema>): Promise<readonly Receiver[]> {
  const rows = await db.selectFrom("receiver").selectAll().orderBy("id").execute();
  // One that this program cannot read, as a newer one may have written it, must not stop the others.
  return rows.flatMap((row) => {
    const input = ReceiverInput.safeParse(JSON.parse(row.body));
    return input.success ? [withInput(row, input.data)] : [];
  });
}

/** @throws ZodError when the body is of another shape. */
export function receiverOf(row: ReceiverTable): Receiver {
  return withInput(row, ReceiverInput.parse(JSON.parse(row.body)));
}

function withInput(row: ReceiverTable, input: ReceiverInput): Receiver {
  return {
    ...input,
    id: row.id,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** One row for each receiver that is to be told. */
export async function writeTellings(
  tx: Tx,
  tellings: readonly ToTell[],
  nowMs: number,
): Promise<void> {
  if (tellings.length === 0) return;
  const receivers = await readReceivers(tx);
  if (receivers.length === 0) return;
  const knowing = await readKnowing(tx, tellings);
  const rows = tellings.flatMap((one) => {
    const { alert, telling } = one;
    const known = knowing.get(alert.id) ?? new Set<string>();
    knowing.set(alert.id, known);
    const recipients = one.to
      ? receivers.filter(({ id }) => one.to?.has(id) === true)
      : recipientsOf(receivers, alert, telling, known);
    return recipients.map((receiver) => {
      known.add(receiver.id);
      return { receiver: receiver.id, alert, telling };
    });
  });
  const last = await moveCounter(tx, "telling", rows.length);
  const first = last - rows.length + 1;
  const values = rows.map(({ receiver, alert, telling }, index): NotificationTable => ({
    id: eventId("telling", alert.id, receiver, telling, first + index),
    number: first + index,
    receiver,
    alert: alert.id,
    what: telling,
    at: nowMs,
    state: "waiting",
    message: null,
    ended_at: null,
    detail: null,
    facts: JSON.stringify(alert),
  }));
  for (const some of chunksOf(values)) {
    await tx
      .insertInto("notification")
      .values([...some])
      .execute();
  }
}

/** Who was told that these alerts were raised, and is not known not to have heard it. */
async function readKnowing(tx: Tx, tellings: readonly ToTell[]): Promise<Map<string, Set<string>>> {
  const knowing = new Map<string, Set<string>>();
  const ids = [...new Set(tellings.map(({ alert }) => alert.id))];
  for (const some of chunksOf(ids)) {
    const rows = await tx
      .selectFrom("notification")
      .select(["alert", "receiver"])
      .distinct()
      .where("alert", "in", [...some])
      .where("what", "in", ["raised", "escalated"])
      .where("state", "in", ["waiting", "sent"])
      .execute();
    for (const { alert, receiver } of rows) {
      if (alert === null) continue;
      knowing.set(alert, (knowing.get(alert) ?? new Set()).add(receiver));
    }
  }
  return knowing;
}

/** Gives up all that waits for a receiver or is under way to it. */
export async function dropTellings(
  tx: Tx,
  receiver: string,
  detail: string,
  nowMs: number,
): Promise<void> {
  const end = { state: "dropped", ended_at: nowMs, detail } as const;
  await tx
    .updateTable("notification")
    .set(end)
    .where("receiver", "=", receiver)
    .where("state", "=", "waiting")
    .execute();
  await tx
    .updateTable("message")
    .set(end)
    .where("receiver", "=", receiver)
    .where("state", "=", "open")
    .execute();
}
