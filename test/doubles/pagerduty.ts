// Stands in for PagerDuty's Events API v2, after
// https://developer.pagerduty.com/docs/send-alert-event: an incident a `dedup_key`.

import { type AnsweringServer, json, listenAnswering, parseObject } from "./answering.ts";

export interface PagerdutyDouble extends AnsweringServer {
  /** State of each incident by its key; only those that were triggered. */
  readonly incidents: ReadonlyMap<string, { state: string; summary: string; triggers: number }>;
  readonly events: readonly string[];
  /** The next calls are too many. */
  limit(calls: number): void;
}

const severities = ["critical", "error", "warning", "info"];

export async function listenPagerduty(routingKey: string): Promise<PagerdutyDouble> {
  const incidents = new Map<string, { state: string; summary: string; triggers: number }>();
  const events: string[] = [];
  let limited = 0;
  const server = await listenAnswering(({ method, path, body }) => {
    if (method !== "POST" || path !== "/v2/enqueue") return json(404, { status: "not found" });
    if (limited > 0) {
      limited -= 1;
      return json(429, { status: "throttle exceeded", message: "too many requests" });
    }
    const event = parseObject(body);
    if (event === undefined) return invalid(["body is not JSON"]);
    const errors = mistakesOf(event, routingKey);
    if (errors.length > 0) return invalid(errors);
    const key = String(event["dedup_key"]);
    const action = String(event["event_action"]);
    events.push(`${action} ${key}`);
    const known = incidents.get(key);
    if (action === "trigger") {
      const { summary } = parseObject(JSON.stringify(event["payload"])) ?? {};
      const triggers = (known?.triggers ?? 0) + 1;
      incidents.set(key, { state: "triggered", summary: String(summary), triggers });
    } else if (known !== undefined) {
      known.state = action === "resolve" ? "resolved" : "acknowledged";
    }
    return json(202, { status: "success", message: "Event processed", dedup_key: key });
  });
  return { ...server, incidents, events, limit: (calls) => void (limited = calls) };
}

const invalid = (errors: readonly string[]) =>
  json(400, { status: "invalid event", message: "Event object is invalid", errors });

function mistakesOf(event: Record<string, unknown>, routingKey: string): readonly string[] {
  const errors: string[] = [];
  if (event["routing_key"] !== routingKey) errors.push("'routing_key' is invalid");
  const action = event["event_action"];
  if (!["trigger", "acknowledge", "resolve"].includes(String(action))) {
    errors.push("'event_action' is missing or invalid");
  }
  if (action !== "trigger") {
    if (typeof event["dedup_key"] !== "string") errors.push("'dedup_key' is missing");
    return errors;
  }
  const payload = parseObject(JSON.stringify(event["payload"] ?? null));
  if (payload === undefined) return [...errors, "'payload' is missing or blank"];
  const { summary, source, severity, timestamp } = payload;
  if (typeof summary !== "string" || summary === "" || summary.length > 1_024) {
    errors.push("'payload.summary' is missing or blank");
  }
  if (typeof source !== "string" || source === "") errors.push("'payload.source' is missing");
  if (!severities.includes(String(severity))) errors.push("'payload.severity' is invalid");
  const time = typeof timestamp === "string" ? Date.parse(timestamp) : Number.NaN;
  if (timestamp !== undefined && Number.isNaN(time)) {
    errors.push("'payload.timestamp' is not a valid ISO 8601 timestamp");
  }
  return errors;
}
