// From the stream to events and alerts. Two loops share the states:
//
//   watch   read → judge → record and raise → write down
//   tend    once a second: new definitions, silence and other things of time, counts, edges
//
// States and offset are one transaction; events have ids made of what they say. So whoever goes on
// after a crash records what is missing and nothing twice.

import type { Alerts } from "@drover/core/records/alerts";
import type { EdgeLinks } from "@drover/core/records/edge-links";
import type { Rules } from "@drover/core/records/rules";
import type { WatchCounts } from "@drover/core/records/watch-counts";
import type { WatchEvents } from "@drover/core/records/watch-events";
import type { Zones } from "@drover/core/records/zones";
import type { Clock } from "@drover/core/service/clock";
import type { Consumer, StreamLog } from "@drover/core/stream/log";
import { silenceDefaults } from "@drover/core/watch/rules/rule-set";
import { createCountJudge } from "../watch/count-judge.ts";
import { openDefinitions } from "../watch/definitions.ts";
import type { DefinitionsReader } from "../watch/definitions.ts";
import { createEdgeOutages } from "../watch/edge-outages.ts";
import type { WatchCounters } from "../watch/events.ts";
import { createReactions } from "../watch/reactions.ts";
import { createWatcher } from "../watch/watcher.ts";
import type { Watcher, WatcherConfig } from "../watch/watcher.ts";

export const watchGroup = "watch";

export interface WatchPipelineConfig extends WatcherConfig {
  /** How often zones and rules are looked at, and time is let pass. */
  readonly tickMs: number;
  /** Kinds whose assets come and go by nature: nobody is told when they fall silent. */
  readonly roamingKinds: readonly string[];
}

export interface WatchPipelineDeps {
  readonly stream: StreamLog;
  readonly consumer: Consumer;
  readonly zones: Pick<Zones, "revision" | "listSince" | "faults">;
  readonly rules: Pick<Rules, "list" | "faults">;
  readonly events: Pick<WatchEvents, "append" | "retract">;
  readonly alerts: Pick<Alerts, "apply" | "standing">;
  readonly counts: WatchCounts;
  readonly links: Pick<EdgeLinks, "list">;
  readonly clock: Clock;
  readonly counters: WatchCounters;
}

/** Edges are looked at each so many ticks. */
const EDGE_TICKS = 5;
/** Alerts that nothing watches are looked for after so many ticks, though nothing changed. */
const SWEEP_TICKS = 30;

/**
 * Works until the signal aborts, then writes down what was judged.
 *
 * @throws what the stream throws, or the records at the start.
 */
export async function runWatchPipeline(
  config: WatchPipelineConfig,
  deps: WatchPipelineDeps,
  signal: AbortSignal,
): Promise<void> {
  const { clock, counters } = deps;
  const silence = { ...silenceDefaults, roamingKinds: config.roamingKinds };
  const definitions = await openDefinitions({ ...deps, counters, silence });
  const edgeOf = (asset: string) => {
    for (const { assets } of watcher.partitions().values()) {
      const edge = assets.get(asset)?.edge;
      if (edge !== undefined && edge !== "") return edge;
    }
    return undefined;
  };
  const reactions = createReactions({ ...deps, edgeOf });
  const watcher: Watcher = createWatcher(config, { ...deps, definitions, reactions });
  const { graceMs } = config;
  const judge = createCountJudge({ counts: deps.counts, reactions, clock, graceMs });
  const outages = createEdgeOutages({ ...deps, reactions });

  let ticks = 0;
  /** The lease of the first partition under which alerts were ended; undefined when they are to be. */
  let sweptToken: number | undefined;
  const tend = async (ending: AbortSignal) => {
    ticks += 1;
    // Now and then anyway: one who knew the definitions later than this may have raised since.
    if ((await refresh(definitions, counters)) || ticks % SWEEP_TICKS === 0) sweptToken = undefined;
    await watcher.tick(ending);
    await putCounts(watcher, deps);
    const first = watcher.partitions().get(0);
    if (first === undefined) return;
    await guarded(counters, "counts", () =>
      judge.judge(first.lease, definitions.current(), ending),
    );
    const { token } = first.lease;
    if (token !== sweptToken) {
      await guarded(counters, "removals", async () => {
        await reactions.endUnwatched(definitions.current());
        sweptToken = token;
      });
    }
    if (clock.monotonicMs() - first.adoptedMs < config.settleMs || ticks % EDGE_TICKS !== 0) return;
    await guarded(counters, "edges", () => outages.look(first.lease, ending));
  };

  // One loop that fails takes the other with it.
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  const guard = (loop: Promise<void>) => loop.catch((error: unknown) => failing.abort(error));
  const tending = async () => {
    while (!ending.aborted) {
      await clock.sleep(config.tickMs, ending).catch(() => {});
      if (ending.aborted) return;
      await tend(ending);
      counters.lagSeen(await deps.stream.lag(watchGroup));
    }
  };
  await Promise.all([guard(watcher.run(ending)), guard(tending())]);
  failing.signal.throwIfAborted();
}

async function refresh(definitions: DefinitionsReader, counters: WatchCounters): Promise<boolean> {
  try {
    return await definitions.refresh();
  } catch (error) {
    counters.definitionsFailed(error);
    return false;
  }
}

/** Writes the numbers that changed; those that could not be written are written the next time. */
async function putCounts(
  watcher: Watcher,
  { counts, counters }: Pick<WatchPipelineDeps, "counts" | "counters">,
): Promise<void> {
  for (const partition of watcher.partitions().values()) {
    const changed = partition.counts.takeChanged();
    if (changed.length === 0) continue;
    try {
      await counts.put(partition.lease, changed);
    } catch (error) {
      partition.counts.giveBack(changed);
      counters.sideWorkFailed("counts", error);
    }
  }
}

async function guarded(
  counters: WatchCounters,
  name: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    counters.sideWorkFailed(name, error);
  }
}
