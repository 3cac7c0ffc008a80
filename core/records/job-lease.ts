// A job that one process at a time does. A holder that is late finds that somebody else holds it.

import type { Clock } from "../service/clock.ts";
import type { Records } from "./open.ts";

export interface JobLease {
  /** Takes or renews the lease; false while another holds it. */
  hold(): Promise<boolean>;
  /** Lets go, so that another need not wait for the end. */
  release(): Promise<void>;
}

export interface JobLeaseConfig {
  readonly job: string;
  readonly holder: string;
  readonly ttlMs: number;
}

export function createJobLease(
  { job, holder, ttlMs }: JobLeaseConfig,
  deps: { readonly records: Records; readonly clock: Pick<Clock, "now"> },
): JobLease {
  const { db } = deps.records;
  return {
    async hold() {
      const nowMs = deps.clock.now();
      const row = { holder, expires_at: nowMs + ttlMs };
      const [renewed] = await db
        .updateTable("job_lease")
        .set(row)
        .where("job", "=", job)
        .where((lease) =>
          lease.or([
            lease("holder", "=", holder),
            lease("expires_at", "<=", nowMs),
            // A clock that was set back must not leave the job undone.
            lease("expires_at", ">", nowMs + 10 * ttlMs),
          ]),
        )
        .execute();
      if ((renewed?.numUpdatedRows ?? 0n) > 0n) return true;
      const [made] = await db
        .insertInto("job_lease")
        .values({ job, ...row })
        .onConflict((conflict) => conflict.column("job").doNothing())
        .execute();
      return (made?.numInsertedOrUpdatedRows ?? 0n) > 0n;
    },
    async release() {
      await db
        .deleteFrom("job_lease")
        .where("job", "=", job)
        .where("holder", "=", holder)
        .execute();
    },
  };
}
