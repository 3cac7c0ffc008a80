// PagerDuty Events API v2: https://developer.pagerduty.com/docs/send-alert-event. One event an alert,
// its id as `dedup_key`: PagerDuty itself counts a repetition once.

import { z } from "zod";
import type { Channel } from "@drover/core/model/receiver";
import type { Message, MessageItem } from "@drover/core/records/notifications";
import type { ChannelSender, Outcome, SenderDeps } from "./channel.ts";
import { failureOf, outcomeOf, post, type PostAnswer } from "./post.ts";
import { foldItems, linkOf, textOf } from "./text.ts";

export type Pagerduty = Extract<Channel, { kind: "pagerduty" }>;

const SUMMARY_CHARS_MAX = 1_024;
/** Alerts that a digest names. */
const NAMED_MAX = 50;

const Answer = z.looseObject({
  status: z.string().optional(),
  message: z.string().optional(),
  errors: z.array(z.string()).optional(),
});

export function createPagerdutySender(deps: SenderDeps): ChannelSender<Pagerduty> {
  async function sendOne(channel: Pagerduty, event: object, signal: AbortSignal): Promise<Outcome> {
    const body = JSON.stringify({ routing_key: channel.routingKey, ...event });
    const url = `${channel.apiUrl.replace(/\/$/, "")}/v2/enqueue`;
    const headers = { "content-type": "application/json" };
    const { allowsPrivate } = deps;
    try {
      return readOutcome(await post({ url, headers, body, allowsPrivate }, deps.nowMs(), signal));
    } catch (error) {
      return failureOf(error);
    }
  }

  return {
    async send({ channel, message }, signal) {
      const { consoleUrl } = deps;
      const events =
        message.kind === "alerts"
          ? message.items.map((item) => eventOf(item, consoleUrl))
          : [summaryOf(message, consoleUrl)];
      let outcome: Outcome = { kind: "sent", detail: "nothing to send" };
      for (const event of events) {
        outcome = await sendOne(channel, event, signal);
        // What was taken before is sent again with the rest; its key makes that harmless.
        if (outcome.kind !== "sent") return outcome;
      }
      // A test is no incident: it is closed as soon as it was taken.
      if (message.kind !== "test") return outcome;
      return sendOne(channel, { event_action: "resolve", dedup_key: message.id }, signal);
    },
  };
}

function eventOf({ what, alert }: MessageItem, consoleUrl: string | undefined): object {
  const key = { dedup_key: alert.id };
  if (what === "acknowledged") return { event_action: "acknowledge", ...key };
  if (what === "cleared") return { event_action: "resolve", ...key };
  const link = linkOf(alert, consoleUrl);
  return {
    event_action: "trigger",
    ...key,
    client: "Drover",
    ...(link !== undefined && { links: [{ href: link, text: "Open in Drover" }] }),
    payload: {
      summary: alert.title.slice(0, SUMMARY_CHARS_MAX),
      source: alert.asset ?? alert.zone ?? alert.rule ?? "drover",
      severity: alert.severity,
      timestamp: new Date(alert.lastEventAt).toISOString(),
      ...(alert.zone !== undefined && { component: alert.zone }),
      ...(alert.rule !== undefined && { class: alert.rule }),
      custom_details: {
        explanation: alert.explanation.text,
        count: alert.count,
        flapping: alert.isFlapping,
        ...alert.explanation.values,
      },
    },
  };
}

/** Many alerts, or a test, as one event. */
function summaryOf(message: Message, consoleUrl: string | undefined): object {
  const { subject, worst } = textOf(message, consoleUrl);
  const named = foldItems(message.items).slice(0, NAMED_MAX);
  return {
    event_action: "trigger",
    dedup_key: message.id,
    client: "Drover",
    payload: {
      summary: subject.slice(0, SUMMARY_CHARS_MAX),
      source: "drover",
      severity: worst,
      timestamp: new Date(message.createdAt).toISOString(),
      custom_details: { alerts: named.map(({ what, alert }) => `${what}: ${alert.title}`) },
    },
  };
}

function readOutcome(answer: PostAnswer): Outcome {
  const outcome = outcomeOf(answer);
  const read = Answer.safeParse(parse(answer.text));
  if (!read.success) return outcome;
  const { message = "", errors = [] } = read.data;
  return {
    ...outcome,
    detail: `${answer.status} ${[message, ...errors].join("; ")}`.slice(0, 300),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
