// Edges that are silent as a whole. While one is, alarms that its assets are silent are held back: one
// broken link is one alert, not two hundred. Judged by whoever holds the first partition.

import type { WatchEvent } from "@drover/core/model/event";
import type { Alerts } from "@drover/core/records/alerts";
import { silentAfterMs } from "@drover/core/records/edge-links";
import type { EdgeLink, EdgeLinks } from "@drover/core/records/edge-links";
import type { Lease } from "@drover/core/stream/log";
import type { AlertChange } from "@drover/core/watch/alerts/change";
import { edgeCause } from "@drover/core/watch/alerts/changes-of";
import { eventId } from "@drover/core/watch/event-id";
import type { Reactions } from "./reactions.ts";

export interface EdgeOutages {
  /** Looks once, under the lease of the first partition. @throws what the records throw. */
  look(lease: Pick<Lease, "token">, signal: AbortSignal): Promise<void>;
}

export interface EdgeOutagesDeps {
  readonly links: Pick<EdgeLinks, "list">;
  readonly alerts: Pick<Alerts, "standing">;
  readonly reactions: Pick<Reactions, "actOn">;
}

const STANDING_MAX = 20_000;
/** An edge that was not heard for so long was taken away; it is no news when Drover starts. */
const FORGOTTEN_MS = 24 * 3_600_000;

export function createEdgeOutages(deps: EdgeOutagesDeps): EdgeOutages {
  const { links, alerts, reactions } = deps;
  /** When each edge that is silent was heard last; 0 where a process before this one saw it. */
  let silent: Map<string, number> | undefined;
  /** Of the lease that `silent` was learned under. */
  let token: number | undefined;

  async function recall(): Promise<Map<string, number>> {
    const causes = (await alerts.standing(STANDING_MAX)).map(({ cause }) => cause);
    const edges = causes.filter((cause) => cause.startsWith(edgeCause("")));
    return new Map(edges.map((cause) => [cause.slice(edgeCause("").length), 0]));
  }

  return {
    async look(lease, signal) {
      // Under another lease others may have told of edges meanwhile.
      if (lease.token !== token) silent = undefined;
      token = lease.token;
      silent ??= await recall();
      const all = await links.list();
      const newestAt = Math.max(0, ...all.map(({ lastReceivedAt }) => lastReceivedAt));
      for (const link of all) {
        const { edge, lastReceivedAt } = link;
        const knownAt = silent.get(edge);
        if (link.state === "silent") {
          if (knownAt !== undefined || newestAt - lastReceivedAt > FORGOTTEN_MS) continue;
          if (!(await reactions.actOn([silentEvent(link)], [raiseOf(link)], signal))) return;
          silent.set(edge, lastReceivedAt);
        } else if (knownAt !== undefined) {
          if (
            !(await reactions.actOn([backEvent(link, knownAt)], [clearOf(link, knownAt)], signal))
          )
            return;
          silent.delete(edge);
        }
      }
    },
  };
}

/** Edges are told of as assets of a kind of their own. */
const assetOf = (edge: string): string => `edge:${edge}`;

function silentEvent({ edge, lastReceivedAt }: EdgeLink): WatchEvent {
  return {
    id: eventId(assetOf(edge), "silent", lastReceivedAt),
    kind: "silent",
    at: lastReceivedAt + silentAfterMs,
    asset: assetOf(edge),
    retro: false,
    explanation: {
      text: `nothing came from edge ${edge} for ${silentAfterMs / 1_000} s`,
      values: { silentMs: silentAfterMs },
    },
  };
}

/** `knownAt` is when it was heard before the silence: word of later may come after that was told. */
function backEvent({ edge, lastReceivedAt }: EdgeLink, knownAt: number): WatchEvent {
  return {
    id: eventId(assetOf(edge), "back", lastReceivedAt),
    kind: "back",
    at: Math.max(lastReceivedAt, knownAt + silentAfterMs),
    asset: assetOf(edge),
    retro: false,
    explanation: { text: `edge ${edge} is heard again` },
  };
}

function raiseOf(link: EdgeLink): AlertChange {
  const { edge } = link;
  return {
    kind: "raise",
    cause: edgeCause(edge),
    event: silentEvent(link),
    title: `edge ${edge} is silent`,
    severity: "warning",
    asset: assetOf(edge),
  };
}

function clearOf(link: EdgeLink, knownAt: number): AlertChange {
  return { kind: "clear", cause: edgeCause(link.edge), event: backEvent(link, knownAt) };
}
