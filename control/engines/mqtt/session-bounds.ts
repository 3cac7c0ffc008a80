// Bounds what the broker remembers of persistent sessions.

import type { Aedes } from "aedes";

export interface SessionBounds {
  /** Messages kept until their subscribers acknowledge them. */
  kept(): number;
  /** Messages that were not kept, because their session was full (reject). */
  refused(): number;
}

type Subscription = { readonly clientId: string };
type Client = { readonly id: string };

/**
 * aedes' store in memory grows without end for a session that never comes back; this gives each
 * session a bound. A message that finds its session full is not kept: its sender, which has no answer
 * from the edge, sends it again.
 */
export function boundSessions(
  aedes: Aedes,
  config: { readonly messagesMax: number },
): SessionBounds {
  const persistence: unknown = Reflect.get(aedes, "persistence");
  if (typeof persistence !== "object" || persistence === null) {
    throw new TypeError("aedes has no persistence");
  }
  const plain = {
    enqueue: methodOf(persistence, "outgoingEnqueueCombi"),
    clear: methodOf(persistence, "outgoingClearMessageId"),
  };
  const counts = new Map<string, number>();
  let refused = 0;

  const add = (id: string, change: number) => {
    const count = (counts.get(id) ?? 0) + change;
    if (count > 0) counts.set(id, count);
    else counts.delete(id);
  };

  Object.assign(persistence, {
    async outgoingEnqueueCombi(subscriptions: readonly Subscription[], packet: unknown) {
      const free = subscriptions.filter(
        ({ clientId }) => (counts.get(clientId) ?? 0) < config.messagesMax,
      );
      refused += subscriptions.length - free.length;
      for (const { clientId } of free) add(clientId, 1);
      return plain.enqueue(free, packet);
    },
    async outgoingClearMessageId(client: Client, packet: unknown) {
      const cleared = await plain.clear(client, packet);
      if (cleared !== undefined) add(client.id, -1);
      return cleared;
    },
  });

  return {
    refused: () => refused,
    kept() {
      let kept = 0;
      for (const count of counts.values()) kept += count;
      return kept;
    },
  };
}

function methodOf(target: object, name: string): (...given: unknown[]) => Promise<unknown> {
  const method: unknown = Reflect.get(target, name);
  if (typeof method !== "function") throw new TypeError(`the persistence has no ${name}`);
  return async (...given) => Reflect.apply(method, target, given);
}
