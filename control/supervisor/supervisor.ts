import { levelsOf } from "@drover/platform/order";
import type { ProcessPlan } from "@drover/platform/plan";
import { Keeper } from "./keeper.ts";
import type { KeeperConfig, KeeperDeps } from "./keeper.ts";
import type { ProcessState } from "./state.ts";

export type SupervisorConfig = KeeperConfig & {
  readonly plans: readonly ProcessPlan[];
};

/** Keeps a set of processes running, in the order in which they need each other. */
export interface Supervisor {
  /**
   * Starts each process once everything it waits for is ready; resolves when all are.
   *
   * @throws StartError when one fails again and again before it was ever ready.
   */
  start(): Promise<void>;
  /** Ends them in the opposite order, each level drained before the next one is asked. */
  stop(): Promise<void>;
  processes(): readonly ProcessState[];
}

export function createSupervisor(config: SupervisorConfig, deps: KeeperDeps): Supervisor {
  const keepers = config.plans.map((plan) => new Keeper(plan, config, deps));
  const stopping = new AbortController();

  async function startInTurn(keeper: Keeper): Promise<void> {
    const awaited = keepers.filter((other) => keeper.plan.after.includes(other.plan.name));
    await Promise.all(awaited.map((other) => other.ready));
    if (stopping.signal.aborted) return;
    keeper.start();
    await keeper.ready;
  }

  return {
    processes: () => keepers.map((keeper) => keeper.state),
    async start() {
      await Promise.all(keepers.map(startInTurn));
    },
    async stop() {
      stopping.abort(new Error("stopping"));
      const items = keepers.map((keeper) => ({
        // Replicas of one service stand on one level because they wait for the same names.
        name: keeper.plan.name,
        after: [...keeper.plan.after, ...keeper.plan.endsBefore],
        keeper,
      }));
      for (const level of levelsOf(items).toReversed()) {
        await Promise.all(level.map((item) => item.keeper.stop()));
      }
    },
  };
}
