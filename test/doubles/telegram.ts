// Stands in for the Telegram Bot API's sendMessage, after https://core.telegram.org/bots/api: it
// refuses what the real one refuses, in its words.

import { type AnsweringServer, json, listenAnswering, parseObject } from "./answering.ts";

export interface TelegramDouble extends AnsweringServer {
  /** Texts that were sent, with the marks as they came. */
  readonly sent: readonly string[];
  /** The next calls are too many. */
  limit(retryAfterSeconds: number): void;
}

const refused = (code: number, description: string, parameters?: object) =>
  json(code, { ok: false, error_code: code, description, ...(parameters && { parameters }) });

export async function listenTelegram(
  token: string,
  chats: readonly string[],
): Promise<TelegramDouble> {
  const sent: string[] = [];
  const limits: number[] = [];
  const server = await listenAnswering(({ path, body }) => {
    const [, given, method] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
    if (given !== token) return refused(401, "Unauthorized");
    if (method !== "sendMessage") return refused(404, "Not Found");
    const retryAfter = limits.shift();
    if (retryAfter !== undefined) {
      const description = `Too Many Requests: retry after ${retryAfter}`;
      return refused(429, description, { retry_after: retryAfter });
    }
    const { chat_id: chat, text, parse_mode: mode } = parseObject(body) ?? {};
    if (chat === undefined) return refused(400, "Bad Request: chat_id is empty");
    if (typeof chat !== "string" || !chats.includes(chat))
      return refused(400, "Bad Request: chat not found");
    if (typeof text !== "string" || text === "") {
      return refused(400, "Bad Request: message text is empty");
    }
    if (mode === "HTML" && !isWellMarked(text)) {
      return refused(400, "Bad Request: can't parse entities: Unsupported start tag");
    }
    if (text.replaceAll(/<[^>]*>/g, "").length > 4_096) {
      return refused(400, "Bad Request: message is too long");
    }
    sent.push(text);
    return json(200, { ok: true, result: { message_id: sent.length, text } });
  });
  return { ...server, sent, limit: (seconds) => void limits.push(seconds) };
}

/** Known tags, each closed in its order; no other `<`, and `&` only in an entity. */
function isWellMarked(text: string): boolean {
  if (/&(?!amp;|lt;|gt;|quot;)/.test(text)) return false;
  const open: string[] = [];
  for (const [, slash, name = ""] of text.matchAll(/<(\/?)([a-z]*)[^<>]*>/g)) {
    if (!["b", "i", "a"].includes(name)) return false;
    if (slash === "") open.push(name);
    else if (open.pop() !== name) return false;
  }
  return open.length === 0 && !/[<>]/.test(text.replaceAll(/<[^<>]*>/g, ""));
}
