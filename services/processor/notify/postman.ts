// Carries messages to receivers: one at a time each, so that order is kept, and none waits for another.
// What is under way is in the records; a postman that dies leaves it open, and the next sends it again
// under the same id.

import type { Receiver } from "@drover/core/model/receiver";
import type { Message, Notifications, ReceiverLoad } from "@drover/core/records/notifications";
import type { Receivers } from "@drover/core/records/receivers";
import type { Clock } from "@drover/core/service/clock";
import type { NotifierEvents } from "./events.ts";
import { isToBeGivenUp, nextTake, nextTryAt } from "./pacing.ts";
import type { Send } from "./senders.ts";

export interface Postman {
  /** Looks once and begins what is due; resolves when it is begun, not when it is done. */
  look(signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export interface PostmanConfig {
  /** Longest time for one try. */
  readonly sendTimeoutMs: number;
}

export interface PostmanDeps {
  readonly receivers: Pick<Receivers, "list">;
  readonly notifications: Notifications;
  readonly send: Send;
  readonly clock: Clock;
  readonly events: NotifierEvents;
}

export function createPostman(config: PostmanConfig, deps: PostmanDeps): Postman {
  const { receivers, notifications, clock, events } = deps;
  const deliver = (receiver: Receiver, message: Message, signal: AbortSignal) =>
    tryOnce({ ...deps, config }, receiver, message, signal);
  /** What is under way, by receiver or test. Bound: one each, receivers and tests are bounded. */
  const underWay = new Map<string, Promise<void>>();

  function begin(key: string, work: () => Promise<void>): void {
    if (underWay.has(key)) return;
    const working = work()
      .catch((error: unknown) => events.failed(error))
      .finally(() => underWay.delete(key));
    underWay.set(key, working);
  }

  async function carry(receiver: Receiver, load: ReceiverLoad, signal: AbortSignal): Promise<void> {
    const nowMs = clock.now();
    if (load.open !== undefined) {
      if (load.open.nextAt > nowMs) return;
      const message = await notifications.message(load.open.id);
      if (message !== undefined) await deliver(receiver, message, signal);
      return;
    }
    const options = nextTake(receiver, load, nowMs);
    const message = options && (await notifications.take(receiver.id, options, nowMs));
    if (message !== undefined) await deliver(receiver, message, signal);
  }

  async function carryTest(receiver: Receiver, id: string, signal: AbortSignal): Promise<void> {
    const message = await notifications.message(id);
    if (message !== undefined) await deliver(receiver, message, signal);
  }

  return {
    async look(signal) {
      const loads = await notifications.loads(clock.now());
      if (loads.length === 0) return;
      const known = new Map((await receivers.list()).map((one) => [one.id, one]));
      for (const load of loads) {
        const receiver = known.get(load.receiver);
        if (receiver === undefined) {
          await notifications.drop(load.receiver, "the receiver was removed");
          continue;
        }
        for (const id of load.tests) begin(`test ${id}`, () => carryTest(receiver, id, signal));
        if (receiver.isEnabled) begin(receiver.id, () => carry(receiver, load, signal));
        else if (load.tests.length === 0 && (load.waiting > 0 || load.open !== undefined)) {
          await notifications.drop(receiver.id, "the receiver is switched off");
        }
      }
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay.values());
    },
  };
}

/** One try, and what follows from it. */
async function tryOnce(
  { config, notifications, send, clock, events }: PostmanDeps & { readonly config: PostmanConfig },
  receiver: Receiver,
  message: Message,
  signal: AbortSignal,
): Promise<void> {
  const timeout = AbortSignal.timeout(config.sendTimeoutMs);
  const outcome = await send(receiver, message, AbortSignal.any([signal, timeout]));
  const nowMs = clock.now();
  if (outcome.kind === "sent") {
    await notifications.finish(message.id, "sent", outcome.detail);
    events.sent(receiver, message);
    return;
  }
  // Cut short by our own stop: it was no try, and is begun again by whoever comes next.
  if (signal.aborted) return;
  const isOver =
    outcome.kind === "refused" ||
    message.kind === "test" ||
    isToBeGivenUp(receiver, message, nowMs);
  if (isOver) {
    await notifications.finish(message.id, "gave-up", outcome.detail);
    events.gaveUp(receiver, message, outcome.detail);
    return;
  }
  const { retryAfterMs } = outcome;
  const { attempts } = message;
  const nextAt = nextTryAt({ attempts, retryAfterMs }, clock.random(), nowMs);
  await notifications.postpone(message.id, nextAt, outcome.detail);
  events.postponed(receiver, message, outcome.detail);
}
