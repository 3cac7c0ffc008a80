import type { Session } from "chdb";
import { EngineError } from "./errors.ts";
import { quoteName } from "./tokens.ts";

/** One session and what is known of its state; one statement at a time. */
export type Seat = { session: Session; database: string };

export type CallResult = {
  readonly bytes: Uint8Array;
  readonly rows: number;
  readonly resultBytes: number;
  readonly elapsedMs: number;
};

/** Makes a database the one that names without one mean. */
export async function useDatabase(seat: Seat, database: string): Promise<void> {
  if (seat.database === database) return;
  seat.database = "";
  await execute(seat, `USE ${quoteName(database)}`, "TSV");
  seat.database = database;
}

export async function execute(seat: Seat, sql: string, format: string): Promise<CallResult> {
  try {
    const result = await seat.session.queryAsync(sql, { format });
    return {
      bytes: result.bytes(),
      rows: result.rowsRead,
      resultBytes: result.bytesRead,
      elapsedMs: result.elapsed * 1_000,
    };
  } catch (error) {
    throw toEngineError(error);
  }
}

export function toEngineError(error: unknown): Error {
  if (!(error instanceof Error)) return new EngineError(String(error), { cause: error });
  return error.message.startsWith("Code: ")
    ? new EngineError(error.message, { cause: error })
    : error;
}

const SETTLE_TRIES = 3;

/**
 * Makes a session safe for the next caller after a statement that failed. What the failed one had
 * already written comes out in front of the next one's result, which would hand rows of one caller
 * to another; so a probe takes it away. A session that does not come clean is replaced.
 */
export async function settle(seat: Seat, open: () => Seat): Promise<void> {
  for (let tries = 0; tries < SETTLE_TRIES; tries += 1) {
    const probe = await execute(seat, "SELECT 1", "TSV").catch(() => undefined);
    if (probe && Buffer.from(probe.bytes).toString("latin1") === "1\n") return;
  }
  seat.session.close();
  Object.assign(seat, open());
}
