// Telegram: https://core.telegram.org/bots/api#sendmessage. The Bot API knows no idempotency; the
// message's id stands in its last line, so that a repetition can be told.

import { z } from "zod";
import type { Channel } from "@drover/core/model/receiver";
import type { ChannelSender, Outcome, SenderDeps } from "./channel.ts";
import { failureOf, outcomeOf, post, type PostAnswer } from "./post.ts";
import { type MessageText, textOf } from "./text.ts";

export type Telegram = Extract<Channel, { kind: "telegram" }>;

/** Of a message, after the marks are read; what is beyond is cut. */
const TEXT_CHARS_MAX = 4_096;

const Answer = z.looseObject({
  ok: z.boolean(),
  description: z.string().optional(),
  parameters: z.looseObject({ retry_after: z.number().optional() }).optional(),
});

export function createTelegramSender(deps: SenderDeps): ChannelSender<Telegram> {
  return {
    async send({ channel, message }, signal) {
      const body = JSON.stringify({
        chat_id: channel.chat,
        text: htmlOf(textOf(message, deps.consoleUrl), message.id),
        parse_mode: "HTML",
        link_preview_options: { is_disabled: true },
        ...(channel.thread !== undefined && { message_thread_id: channel.thread }),
      });
      const url = `${channel.apiUrl.replace(/\/$/, "")}/bot${channel.token}/sendMessage`;
      const headers = { "content-type": "application/json" };
      const { allowsPrivate } = deps;
      try {
        return readOutcome(await post({ url, headers, body, allowsPrivate }, deps.nowMs(), signal));
      } catch (error) {
        return failureOf(error);
      }
    },
  };
}

function readOutcome(answer: PostAnswer): Outcome {
  const read = Answer.safeParse(parse(answer.text));
  if (!read.success) return outcomeOf(answer);
  const { ok, description = "", parameters } = read.data;
  const detail = `${answer.status} ${description}`.trim();
  if (ok && answer.status === 200) return { kind: "sent", detail: "200 ok" };
  const retryAfterMs =
    parameters?.retry_after === undefined ? undefined : parameters.retry_after * 1_000;
  const { kind } = outcomeOf(answer);
  return kind === "refused" ? { kind, detail } : { kind: "retry", detail, retryAfterMs };
}

function htmlOf({ lines, more, subject }: MessageText, id: string): string {
  const end = `\n<i>message ${id.slice(0, 12)}</i>`;
  const head = lines.length === 1 ? "" : `<b>${escape(subject)}</b>\n`;
  let text = head;
  let left = more;
  for (const { mark, head: title, body, link } of lines) {
    const linked = link === undefined ? "" : `\n<a href="${escape(link)}">open</a>`;
    const part = `${mark} <b>${escape(title)}</b>\n${escape(body)}${linked}\n`;
    // Whole entries only: a mark that is cut in two would be refused.
    if (text.length + part.length + end.length + 40 > TEXT_CHARS_MAX) left += 1;
    else text += part;
  }
  return `${text}${left > 0 ? `and ${left} more` : ""}${end}`;
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
