// A condition as a sentence.

import type { Condition } from "@drover/core/model/rule";
import { durationText } from "../text/duration.ts";
import { measureText, metricWords } from "../text/metric.ts";

export type NameOf = (id: string) => string | undefined;

/** What must hold, in words; zones by name. */
export function conditionText(condition: Condition, nameOf: NameOf): string {
  switch (condition.type) {
    case "threshold": {
      const { metric, above, below, clearAt } = condition;
      const limit = above ?? below ?? Number.NaN;
      const side = above === undefined ? "below" : "above";
      const until = clearAt === undefined ? "" : ` (until ${measureText(metric, clearAt)})`;
      return `${metricWords(metric).label.toLowerCase()} ${side} ${measureText(metric, limit)}${until}`;
    }
    case "rate":
      return rateText(condition);
    case "silence":
      return silenceText(condition);
    case "attribute": {
      const { name, oneOf, contains } = condition;
      if (oneOf !== undefined) return `${name} is ${oneOf.join(" or ")}`;
      return `${name} contains “${contains ?? ""}”`;
    }
    case "in-zone":
      return `in ${nameOf(condition.zone) ?? condition.zone}`;
    case "count":
      return `more than ${condition.above} in ${nameOf(condition.zone) ?? condition.zone}`;
    case "all":
      return condition.of.map((part) => bracketed(part, nameOf)).join(" and ");
    case "any":
      return condition.of.map((part) => bracketed(part, nameOf)).join(" or ");
  }
}

function rateText(condition: Extract<Condition, { readonly type: "rate" }>): string {
  const { metric, abovePerSecond, belowPerSecond, overMs } = condition;
  const { label, unit } = metricWords(metric);
  const isRise = abovePerSecond !== undefined;
  const limit = abovePerSecond ?? belowPerSecond ?? Number.NaN;
  const side = isRise ? "faster than" : "slower than";
  const per = unit === "" ? "/s" : ` ${unit}/s`;
  const verb = isRise ? "rises" : "changes";
  return `${label.toLowerCase()} ${verb} ${side} ${limit}${per} over ${durationText(overMs)}`;
}

function silenceText({
  afterMs,
  missed,
}: Extract<Condition, { readonly type: "silence" }>): string {
  if (afterMs !== undefined) return `silent for ${durationText(afterMs)}`;
  return `silent for ${missed ?? "?"} times its usual cadence`;
}

function bracketed(part: Condition, nameOf: NameOf): string {
  const text = conditionText(part, nameOf);
  return part.type === "all" || part.type === "any" ? `(${text})` : text;
}
