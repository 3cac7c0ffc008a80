// Sparkplug-style messages with JSON payloads: the topics and the metric lists of Sparkplug B 3.0, as
// gateways publish them when asked for JSON. Protobuf payloads are refused and counted.

import type { Report } from "@drover/core/model/report";
import { finishDraft } from "./draft.ts";
import { isObject, nothing, numberIn, readJson, textIn } from "./mqtt-format.ts";
import type { Decoded, MqttFormat, Refusals } from "./mqtt-format.ts";

export interface SparkplugConfig {
  /** Only this group; all when absent. */
  readonly group?: string | undefined;
  /** Kind of asset that a device, or a node without one, stands for. */
  readonly kind: string;
  readonly source: string;
}

/** Births say which alias stands for which name; at the bound the oldest is forgotten. */
const ALIASES_MAX = 20_000;
const METRICS_MAX = 512;
/** One message may hold metrics of many moments; each becomes a report. */
const MOMENTS_MAX = 256;

const dataTypes = new Set(["NDATA", "DDATA", "NBIRTH", "DBIRTH"]);

/** Asset `{kind}:{edge}` for a node, `{kind}:{edge}-{device}` for a device. */
export function createSparkplugFormat(config: SparkplugConfig): MqttFormat {
  const group = config.group ?? "+";
  const aliases = new Map<string, string>();

  function learn(id: string, metric: Record<string, unknown>): void {
    const alias = numberIn(metric["alias"]);
    const name = textIn(metric["name"]);
    if (alias === undefined || name === undefined) return;
    const key = `${id} ${alias}`;
    if (aliases.size >= ALIASES_MAX && !aliases.has(key)) {
      for (const oldest of aliases.keys()) {
        aliases.delete(oldest);
        break;
      }
    }
    aliases.set(key, name);
  }

  return {
    filters: [...dataTypes].map((type) => `spBv1.0/${group}/${type}/#`),
    decode(message, refusals) {
      const parts = message.topic.split("/");
      const [head, , type, edge, device] = parts;
      if (head !== "spBv1.0" || type === undefined || !edge || parts.length > 5) return undefined;
      if (!dataTypes.has(type)) return undefined;
      // Protobuf begins with a field tag; JSON of this form only with a brace.
      if (message.payload[0] !== 0x7b) {
        refusals.refused("sparkplug-not-json");
        return nothing;
      }
      const value = readJson(message.payload, refusals);
      if (value === undefined) return nothing;
      const id = device === undefined ? edge : `${edge}-${device}`;
      return decodeMetrics(value, { ...config, id, aliases, learn }, refusals);
    },
  };
}

interface About extends SparkplugConfig {
  readonly id: string;
  readonly aliases: ReadonlyMap<string, string>;
  learn(id: string, metric: Record<string, unknown>): void;
}

interface Moment {
  readonly measurements: Record<string, number>;
  readonly attributes: Record<string, string>;
  lat?: number;
  lon?: number;
  altitudeM?: number;
  isHistorical: boolean;
}

function decodeMetrics(value: unknown, about: About, refusals: Refusals): Decoded {
  const metrics = isObject(value) ? value["metrics"] : undefined;
  if (!isObject(value) || !Array.isArray(metrics) || metrics.length > METRICS_MAX) {
    refusals.refused("sparkplug-bad-metrics");
    return nothing;
  }
  const sentAt = numberIn(value["timestamp"]);
  const moments = new Map<number, Moment>();
  for (const metric of metrics as readonly unknown[]) {
    if (!isObject(metric)) {
      refusals.refused("sparkplug-bad-metric");
      continue;
    }
    about.learn(about.id, metric);
    const alias = numberIn(metric["alias"]);
    const name = textIn(metric["name"]) ?? about.aliases.get(`${about.id} ${alias}`);
    const at = numberIn(metric["timestamp"]) ?? sentAt;
    if (name === undefined || at === undefined) {
      refusals.refused(name === undefined ? "sparkplug-unknown-alias" : "no-time");
      continue;
    }
    if (isBookkeeping(name) || metric["value"] === null || metric["isNull"] === true) continue;
    const moment = moments.get(at) ?? { measurements: {}, attributes: {}, isHistorical: false };
    if (moments.size >= MOMENTS_MAX && !moments.has(at)) {
      refusals.refused("sparkplug-too-many-moments");
      continue;
    }
    moments.set(at, moment);
    addMetric(moment, name, metric);
  }
  return { reports: finishMoments(moments, about, refusals) };
}

function finishMoments(
  moments: ReadonlyMap<number, Moment>,
  about: About,
  refusals: Refusals,
): readonly Report[] {
  const reports: Report[] = [];
  for (const [at, moment] of moments) {
    const { isHistorical, ...rest } = moment;
    const report = finishDraft(
      {
        kind: about.kind,
        id: about.id,
        at,
        ...rest,
        source: about.source,
        historical: isHistorical,
      },
      refusals,
    );
    if (report !== undefined) reports.push(report);
  }
  return reports;
}

function isBookkeeping(name: string): boolean {
  return name === "bdSeq" || name.startsWith("Node Control/") || name.startsWith("Device Control/");
}

function addMetric(moment: Moment, name: string, metric: Record<string, unknown>): void {
  const raw = metric["value"];
  if (metric["isHistorical"] === true || metric["is_historical"] === true) {
    moment.isHistorical = true;
  }
  if (typeof raw === "string") {
    moment.attributes[fieldOf(name)] = raw.slice(0, 256);
    return;
  }
  const value = typeof raw === "boolean" ? Number(raw) : numberIn(raw);
  if (value === undefined) return;
  switch (name.toLowerCase().replace(/^.*\//, "")) {
    case "latitude":
    case "lat":
      moment.lat = value;
      break;
    case "longitude":
    case "lon":
    case "lng":
      moment.lon = value;
      break;
    case "altitude":
      moment.altitudeM = value;
      break;
    default:
      moment.measurements[fieldOf(name)] = value;
  }
}

/** `Inputs/Tank Level` → `Inputs.Tank_Level`: what a measurement may be called. */
function fieldOf(name: string): string {
  const field = name.replaceAll("/", ".").replaceAll(/[^a-zA-Z0-9_.]/g, "_");
  return (/^[a-zA-Z]/.test(field) ? field : `m_${field}`).slice(0, 64);
}
