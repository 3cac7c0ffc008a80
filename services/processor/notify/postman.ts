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
  readonly receivers: Pick<Receivers, "list" | "isThere">;
  readonly notifications: Notifications;
  readonly send: Send;
  readonly clock: Clock;
  readonly events: NotifierEvents;
}

/** What came of tries and could not be written down yet. Bound: drop-oldest, which is sent again. */
const UNWRITTEN_MAX = 1_000;

export function createPostman(config: PostmanConfig, deps: PostmanDeps): Postman {
  const { receivers, notifications, clock, events } = deps;
  /** By message: it is written down before the message is tried again. */
  const unwritten = new Map<string, () => Promise<void>>();
  /** What is under way, by receiver or test. Bound: one each, receivers and tests are bounded. */
  const underWay = new Map<string, Promise<void>>();

  function begin(key: string, work: () => Promise<void>): void {
    if (underWay.has(key)) return;
    const working = work()
      .catch((error: unknown) => events.failed(error))
      .finally(() => underWay.delete(key));
    underWay.set(key, working);
  }

  async function deliver(receiver: Receiver, id: string, signal: AbortSignal): Promise<void> {
    if (!unwritten.has(id)) {
      const message = await notifications.message(id);
      if (message === undefined) return;
      const write = await tryOnce({ ...deps, config }, receiver, message, signal);
      if (write === undefined) return;
      const oldest = unwritten.keys().next();
      if (unwritten.size >= UNWRITTEN_MAX && !oldest.done) unwritten.delete(oldest.value);
      unwritten.set(id, write);
    }
    await unwritten.get(id)?.();
    unwritten.delete(id);
  }

  async function carry(receiver: Receiver, load: ReceiverLoad, signal: AbortSignal): Promise<void> {
    const nowMs = clock.now();
    if (load.open !== undefined) {
      if (load.open.nextAt > nowMs) return;
      await deliver(receiver, load.open.id, signal);
      return;
    }
    const options = nextTake(receiver, load, nowMs);
    const message = options && (await notifications.take(receiver.id, options, nowMs));
    if (message !== undefined) await deliver(receiver, message.id, signal);
  }

  return {
    async look(signal) {
      const loads = await notifications.loads(clock.now());
      if (loads.length === 0) return;
      const known = new Map((await receivers.list()).map((one) => [one.id, one]));
      for (const load of loads) {
        const receiver = known.get(load.receiver);
        if (receiver === undefined) {
          // One that is there and cannot be read waits for a program that can.
          if (await receivers.isThere(load.receiver)) continue;
          await notifications.drop(load.receiver, "the receiver was removed");
          continue;
        }
        for (const id of load.tests) begin(`test ${id}`, () => deliver(receiver, id, signal));
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

/** One try; gives what writes down what came of it, or nothing when it was no try. */
async function tryOnce(
  { config, notifications, send, clock, events }: PostmanDeps & { readonly config: PostmanConfig },
  receiver: Receiver,
  message: Message,
  signal: AbortSignal,
): Promise<(() => Promise<void>) | undefined> {
  const timeout = AbortSignal.timeout(config.sendTimeoutMs);
  const outcome = await send(receiver, message, AbortSignal.any([signal, timeout]));
  const nowMs = clock.now();
  if (outcome.kind === "sent") {
    return async () => {
      await notifications.finish(message.id, "sent", outcome.detail);
      events.sent(receiver, message);
    };
  }
  // Cut short by our own stop: it was no try, and is begun again by whoever comes next.
  if (signal.aborted) return undefined;
  const isOver =
    outcome.kind === "refused" ||
    message.kind === "test" ||
    isToBeGivenUp(receiver, message, nowMs);
  if (isOver) {
    return async () => {
      await notifications.finish(message.id, "gave-up", outcome.detail);
      events.gaveUp(receiver, message, outcome.detail);
    };
  }
  const { retryAfterMs } = outcome;
  const { attempts } = message;
  const nextAt = nextTryAt({ attempts, retryAfterMs }, clock.random(), nowMs);
  return async () => {
    await notifications.postpone(message.id, nextAt, outcome.detail);
    events.postponed(receiver, message, outcome.detail);
  };
}
