// Silences: for a while nobody is told of some alerts. Each has an end; nothing is missed, because what
// still stands then is told.

import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { z } from "zod";
import { Silence, SilenceInput } from "../model/alert.ts";
import type { Clock } from "../service/clock.ts";
import type { Tx } from "./alert-rows.ts";
import { reviewAllIn } from "./alert-tend.ts";
import type { Records } from "./open.ts";
import type { RecordsSchema } from "./schema.ts";
import { readableSilences } from "./silence-rows.ts";

/** No silence is longer. */
export const silenceMsMax = 365 * 86_400_000;
/** Silences that have not ended. Bound: reject. */
export const silencesMax = 1_000;
/** Ended ones are listed so long. */
const KEEP_MS = 90 * 86_400_000;

/** Thrown for a silence that ends before it begins, has ended, or is too long. */
export class SilenceTimesError extends Error {
  override name = "SilenceTimesError";
}

export interface Silences {
  /** @throws SilenceTimesError; undefined when there are `silencesMax` already. */
  create(input: z.input<typeof SilenceInput>, by: string): Promise<Silence | undefined>;
  /** Changes what it is about, its reason or its times. @throws SilenceTimesError */
  update(id: string, input: z.input<typeof SilenceInput>): Promise<Silence | undefined>;
  /** Those that have not ended, then those that have, each by their end. */
  list(filter?: { readonly isActive?: boolean | undefined }): Promise<readonly Silence[]>;
  get(id: string): Promise<Silence | undefined>;
  /** Ends it now; it stays in the list. Undefined when there is none. */
  end(id: string): Promise<Silence | undefined>;
}

export interface SilencesDeps {
  readonly records: Records;
  readonly clock: Pick<Clock, "now">;
  /** Random bytes; the system's when absent. */
  readonly random?: (count: number) => Uint8Array;
}

export function createSilences(deps: SilencesDeps): Silences {
  const { db } = deps.records;
  const random = deps.random ?? randomBytes;

  /** A change, and what follows from it for alerts that stand, in one transaction. */
  const changing = <R>(change: (tx: Tx, nowMs: number) => Promise<R>) =>
    db.transaction().execute(async (tx) => {
      const nowMs = deps.clock.now();
      const result = await change(tx, nowMs);
      await reviewAllIn(tx, nowMs);
      return result;
    });

  return {
    create: (input, by) =>
      changing(async (tx, nowMs) => {
        await tx
          .deleteFrom("silence")
          .where("ends_at", "<", nowMs - KEEP_MS)
          .execute();
        const { count } = await tx
          .selectFrom("silence")
          .select((row) => row.fn.countAll<number>().as("count"))
          .where("ends_at", ">", nowMs)
          .executeTakeFirstOrThrow();
        if (count >= silencesMax) return undefined;
        const id = `silence-${Buffer.from(random(8)).toString("hex")}`;
        const times = timesOf(input, nowMs, nowMs);
        const rest = SilenceInput.parse(input);
        return writeSilence(tx, { ...rest, ...times, id, createdBy: by, createdAt: nowMs });
      }),

    update: (id, input) =>
      changing(async (tx, nowMs) => {
        const found = await readSilence(tx, id);
        if (found === undefined) return undefined;
        const times = timesOf(input, nowMs, found.from);
        return writeSilence(tx, { ...found, ...SilenceInput.parse(input), ...times });
      }),

    async list({ isActive } = {}) {
      const nowMs = deps.clock.now();
      const rows = await db
        .selectFrom("silence")
        .select("body")
        .$if(isActive === true, (query) => query.where("ends_at", ">", nowMs))
        .$if(isActive === false, (query) => query.where("ends_at", "<=", nowMs))
        .orderBy("ends_at", "desc")
        .orderBy("id")
        .limit(2 * silencesMax)
        .execute();
      return readableSilences(rows);
    },

    get: (id) => readSilence(db, id),

    end: (id) =>
      changing(async (tx, nowMs) => {
        const found = await readSilence(tx, id);
        if (found === undefined || found.until <= nowMs) return found;
        const until = nowMs;
        return writeSilence(tx, { ...found, from: Math.min(found.from, until), until });
      }),
  };
}

async function readSilence(db: Kysely<RecordsSchema>, id: string): Promise<Silence | undefined> {
  const row = await db.selectFrom("silence").select("body").where("id", "=", id).executeTakeFirst();
  return row && Silence.parse(JSON.parse(row.body));
}

async function writeSilence(tx: Tx, silence: Silence): Promise<Silence> {
  const times = { starts_at: silence.from, ends_at: silence.until, body: JSON.stringify(silence) };
  await tx
    .insertInto("silence")
    .values({ id: silence.id, created_at: silence.createdAt, ...times })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(times))
    .execute();
  return silence;
}

function timesOf(
  { from: wanted, until }: { readonly from?: number | undefined; readonly until: number },
  nowMs: number,
  fromWhenAbsent: number,
): { from: number; until: number } {
  const from = wanted ?? fromWhenAbsent;
  if (until <= from) throw new SilenceTimesError("until must be after from");
  if (until <= nowMs) throw new SilenceTimesError("until must be in the future");
  if (until - from > silenceMsMax) {
    throw new SilenceTimesError(`a silence lasts at most ${silenceMsMax / 86_400_000} days`);
  }
  return { from, until };
}
