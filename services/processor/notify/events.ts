// What the notifier counts and logs. Receivers are named in the log and not in labels.

import type { Receiver } from "@drover/core/model/receiver";
import type { Message } from "@drover/core/records/notifications";
import type { Log } from "@drover/core/service/log";
import type { Metrics } from "@drover/core/service/metrics";

export interface NotifierEvents {
  sent(receiver: Receiver, message: Message): void;
  postponed(receiver: Receiver, message: Message, detail: string): void;
  gaveUp(receiver: Receiver, message: Message, detail: string): void;
  /** The records did not do what they were asked. */
  failed(error: unknown): void;
  holds(isHolder: boolean): void;
}

export function createNotifierEvents(deps: {
  readonly log: Log;
  readonly metrics: Metrics;
}): NotifierEvents {
  const log = deps.log.child({ component: "notifier" });
  const messages = deps.metrics.counter({
    name: "notifier_messages_total",
    help: "tries to send a message to a receiver, by how they ended",
    labels: ["channel", "outcome"],
  });
  const count = (receiver: Receiver, outcome: string) =>
    messages.inc({ channel: receiver.channel.kind, outcome });
  return {
    sent(receiver, message) {
      count(receiver, "sent");
      log.info(facts(receiver, message), "told");
    },
    postponed(receiver, message, detail) {
      count(receiver, "postponed");
      log.warn({ ...facts(receiver, message), detail }, "not delivered; trying again");
    },
    gaveUp(receiver, message, detail) {
      count(receiver, "gave-up");
      log.error({ ...facts(receiver, message), detail }, "gave a message up");
    },
    failed(error) {
      log.warn({ err: error }, "the records did not answer; trying again");
    },
    holds(isHolder) {
      log.info({ isHolder }, isHolder ? "this process tells receivers" : "another process does");
    },
  };
}

const facts = (receiver: Receiver, message: Message) => ({
  receiver: receiver.id,
  message: message.id,
  kind: message.kind,
  items: message.items.length,
  attempts: message.attempts + 1,
});
