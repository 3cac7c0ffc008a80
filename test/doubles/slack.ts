// Stands in for a Slack incoming webhook, after
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: bodies are plain words.

import { type Answered, type AnsweringServer, listenAnswering, parseObject } from "./answering.ts";

export interface SlackDouble extends AnsweringServer {
  readonly url: string;
  readonly taken: readonly Record<string, unknown>[];
  fail(...answers: readonly Answered[]): void;
}

const words = (status: number, body: string): Answered => ({
  status,
  body,
  headers: { "content-type": "text/html" },
});

export async function listenSlack(): Promise<SlackDouble> {
  const taken: Record<string, unknown>[] = [];
  const faults: Answered[] = [];
  const path = "/services/T0000/B0000/secret";
  const server = await listenAnswering((asked) => {
    const fault = faults.shift();
    if (fault !== undefined) return fault;
    if (asked.path !== path) return words(404, "no_service");
    const body = parseObject(asked.body);
    if (body === undefined) return words(400, "invalid_payload");
    const { text, blocks } = body;
    if (typeof text !== "string" && !Array.isArray(blocks)) return words(400, "no_text");
    if (blocks !== undefined && !areBlocks(blocks)) return words(400, "invalid_blocks");
    taken.push(body);
    return words(200, "ok");
  });
  return {
    ...server,
    url: `${server.origin}${path}`,
    taken,
    fail: (...answers) => void faults.push(...answers),
  };
}

function areBlocks(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > 50) return false;
  return value.every((block: unknown) => {
    if (!isObject(block)) return false;
    if (block["type"] === "header") return isText(block["text"], "plain_text", 150);
    if (block["type"] === "section") return isText(block["text"], "mrkdwn", 3_000);
    const { elements } = block;
    return (
      block["type"] === "context" &&
      Array.isArray(elements) &&
      elements.length <= 10 &&
      elements.every((one) => isText(one, "mrkdwn", 3_000))
    );
  });
}

function isText(value: unknown, type: string, charsMax: number): boolean {
  if (!isObject(value) || value["type"] !== type) return false;
  const { text } = value;
  return typeof text === "string" && text.length > 0 && text.length <= charsMax;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
