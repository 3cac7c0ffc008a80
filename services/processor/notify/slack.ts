// Slack: an incoming webhook with blocks (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
// It knows no idempotency; the message's id stands in its context.

import type { Channel } from "@drover/core/model/receiver";
import type { ChannelSender, SenderDeps } from "./channel.ts";
import { failureOf, outcomeOf, post } from "./post.ts";
import { type MessageText, textOf } from "./text.ts";

export type Slack = Extract<Channel, { kind: "slack" }>;

/** Of one section's text. */
const SECTION_CHARS_MAX = 3_000;
/** Of a header's text. */
const HEADER_CHARS_MAX = 150;

export function createSlackSender(deps: SenderDeps): ChannelSender<Slack> {
  return {
    async send({ channel, message }, signal) {
      const text = textOf(message, deps.consoleUrl);
      const body = JSON.stringify({
        text: escape(text.subject),
        blocks: blocksOf(text, message.id),
      });
      const headers = { "content-type": "application/json" };
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

function blocksOf({ subject, lines, more }: MessageText, id: string): readonly unknown[] {
  const header = { type: "plain_text", text: subject.slice(0, HEADER_CHARS_MAX), emoji: true };
  const sections = lines.map(({ mark, head, body, link }) => {
    const title = link === undefined ? `*${escape(head)}*` : `*<${link}|${escape(head)}>*`;
    const text = `${mark} ${title}\n${escape(body)}`.slice(0, SECTION_CHARS_MAX);
    return { type: "section", text: { type: "mrkdwn", text } };
  });
  const end = `${more > 0 ? `and ${more} more · ` : ""}message ${id.slice(0, 12)}`;
  return [
    { type: "header", text: header },
    ...sections,
    { type: "context", elements: [{ type: "mrkdwn", text: end }] },
  ];
}

/** The three characters that mean something to Slack. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
