// A webhook: JSON, signed. The signature is over the time and the body, so that a request that was
// listened to cannot be sent again later, and in the form that Stripe made known:
//
//   Drover-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256(secret, "<t>.<body>")>

import { createHmac } from "node:crypto";
import type { Channel } from "@drover/core/model/receiver";
import type { ChannelSender, SenderDeps } from "./channel.ts";
import { failureOf, outcomeOf, post } from "./post.ts";
import { linkOf } from "./text.ts";

export type Webhook = Extract<Channel, { kind: "webhook" }>;

export function signatureOf(secret: string, seconds: number, body: string): string {
  const digest = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${digest}`;
}

export function createWebhookSender(deps: SenderDeps): ChannelSender<Webhook> {
  return {
    async send({ channel, message, receiver }, signal) {
      const body = JSON.stringify({
        id: message.id,
        kind: message.kind,
        receiver: { id: message.receiver, name: receiver },
        createdAt: message.createdAt,
        items: message.items.map(({ what, at, alert }) => ({
          what,
          at,
          alert,
          link: linkOf(alert, deps.consoleUrl),
        })),
      });
      // The time is of this try: a repetition is signed anew, its id stays.
      const seconds = Math.floor(deps.nowMs() / 1_000);
      const headers = {
        "content-type": "application/json",
        "drover-message": message.id,
        "idempotency-key": message.id,
        ...(channel.secret !== undefined && {
          "drover-signature": signatureOf(channel.secret, seconds, body),
        }),
      };
      const { allowsPrivate } = deps;
      try {
        const request = { url: channel.url, headers, body, allowsPrivate };
        return outcomeOf(await post(request, deps.nowMs(), signal));
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}
