import type { Consumer, Lease } from "@drover/core/stream/log";

/**
 * Whether work that was begun under some leases may go on: `held`, one of them at least is ours;
 * `unsure`, this process was away for so long that nobody can tell before the next renewal; `lost`,
 * all are others' by now, and so is the work.
 */
export type FenceState = "held" | "unsure" | "lost";
export type Fence = () => FenceState;

export function createFence(
  consumer: Pick<Consumer, "leases" | "areLeasesFresh">,
  begunUnder: readonly Lease[],
): Fence {
  const tokens = new Map(begunUnder.map(({ partition, token }) => [partition, token]));
  return () => {
    if (!consumer.areLeasesFresh()) return "unsure";
    const isHeld = consumer.leases().some((lease) => tokens.get(lease.partition) === lease.token);
    return isHeld ? "held" : "lost";
  };
}
