// Keeps a watch that nobody runs any more from holding the log for ever: a group that exists holds the
// log's tail back until it has handled it, and a full log would refuse reports. So what waited for too
// long for a member of that group is passed over. History loses nothing by it.

import type { Log } from "@drover/core/service/log";
import type { StreamLog } from "@drover/core/stream/log";
import { streamDefaults } from "@drover/core/stream/stream-options";

export interface CaretakerConfig {
  readonly group: string;
  /** A group without members holds the log for so long. Bound: drop-oldest. */
  readonly holdMs: number;
  /** Or until the log has so many bytes; but never for less than `HOLD_MS_MIN`. */
  readonly sizeBytesMax: number;
}

export interface CaretakerDeps {
  readonly stream: Pick<StreamLog, "groups" | "lag" | "sizeBytes" | "join" | "bounds">;
  readonly log: Log;
}

export interface Caretaker {
  /** Looks once; gives how many reports the group will not see. @throws what the stream throws. */
  look(): Promise<number>;
}

/** Half of what the log may hold: the rest is history's own. */
export const holdBytesMax = streamDefaults.sizeBytesMax / 2;
const HOLD_MS_MIN = 5 * 60_000;

export function createCaretaker(config: CaretakerConfig, deps: CaretakerDeps): Caretaker {
  const { group } = config;
  const { stream, log } = deps;

  async function isHeldTooLong(): Promise<boolean> {
    if (!(await stream.groups()).includes(group)) return false;
    const { members, reports, oldestAgeMs } = await stream.lag(group);
    if (members > 0 || reports === 0) return false;
    if (oldestAgeMs >= config.holdMs) return true;
    return oldestAgeMs >= HOLD_MS_MIN && (await stream.sizeBytes()) > config.sizeBytesMax;
  }

  return {
    async look() {
      if (!(await isHeldTooLong())) return 0;
      const { reports } = await stream.lag(group);
      const bounds = await stream.bounds();
      await using consumer = await stream.join(group, "caretaker");
      const changes = consumer.leases().map((lease) => {
        const end = bounds[lease.partition]?.end ?? 0;
        return { lease, change: { committed: end, synced: end } };
      });
      await consumer.commitAll(changes);
      log.warn({ group, reports }, "nobody works for this group; the log no longer waits for it");
      return reports;
    },
  };
}
