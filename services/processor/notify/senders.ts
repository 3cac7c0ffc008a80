import type { Receiver } from "@drover/core/model/receiver";
import type { Message } from "@drover/core/records/notifications";
import type { Outcome, SenderDeps } from "./channel.ts";
import { createEmailSender } from "./email.ts";
import { createPagerdutySender } from "./pagerduty.ts";
import { createSlackSender } from "./slack.ts";
import { createTelegramSender } from "./telegram.ts";
import { createWebhookSender } from "./webhook.ts";

/** Sends through whatever channel the receiver has. */
export type Send = (receiver: Receiver, message: Message, signal: AbortSignal) => Promise<Outcome>;

export function createSend(deps: SenderDeps): Send {
  const webhook = createWebhookSender(deps);
  const email = createEmailSender(deps);
  const telegram = createTelegramSender(deps);
  const slack = createSlackSender(deps);
  const pagerduty = createPagerdutySender(deps);
  return ({ channel, name: receiver }, message, signal) => {
    switch (channel.kind) {
      case "webhook":
        return webhook.send({ channel, message, receiver }, signal);
      case "email":
        return email.send({ channel, message, receiver }, signal);
      case "telegram":
        return telegram.send({ channel, message, receiver }, signal);
      case "slack":
        return slack.send({ channel, message, receiver }, signal);
      case "pagerduty":
        return pagerduty.send({ channel, message, receiver }, signal);
    }
  };
}
