// OwnTracks location JSON (https://owntracks.org/booklet/tech/json/): seconds, km/h, metres, percent.

import { mpsFromKmh } from "@drover/core/model/units";
import type { Report } from "@drover/core/model/report";
import { finishDraft } from "./draft.ts";
import { isObject, nothing, numberIn, readJson, textIn } from "./mqtt-format.ts";
import type { MqttFormat, Refusals } from "./mqtt-format.ts";

export interface OwnTracksConfig {
  /** Kind of asset that a phone stands for. */
  readonly kind: string;
  readonly source: string;
}

/** Topics `owntracks/{user}/{device}`; the asset is `{kind}:{user}-{device}`. */
export function createOwnTracksFormat(config: OwnTracksConfig): MqttFormat {
  return {
    filters: ["owntracks/+/+"],
    decode(message, refusals) {
      const parts = message.topic.split("/");
      const [head, user, device] = parts;
      if (head !== "owntracks" || !user || !device || parts.length !== 3) return undefined;
      const value = readJson(message.payload, refusals);
      if (value === undefined) return nothing;
      const report = reportOfOwnTracks(value, { ...config, id: `${user}-${device}` }, refusals);
      return report === undefined ? nothing : { reports: [report] };
    },
  };
}

/** Types of message that are no place at a time, and known to be so. */
const known = new Set([
  "transition",
  "lwt",
  "waypoint",
  "waypoints",
  "configuration",
  "beacon",
  "cmd",
  "steps",
  "card",
  "status",
  "request",
  "encrypted",
]);

/**
 * One message into a report; counts why not. A device's last will (`lwt`), `transition` and the like
 * are counted as `owntracks-lwt` and so on, since they tell no place.
 */
export function reportOfOwnTracks(
  value: unknown,
  about: OwnTracksConfig & { readonly id: string },
  refusals: Refusals,
): Report | undefined {
  if (!isObject(value)) {
    refusals.refused("owntracks-not-an-object");
    return undefined;
  }
  const type = value["_type"];
  if (type !== "location") {
    const word = typeof type === "string" && known.has(type) ? type : "other";
    refusals.refused(`owntracks-${word}`);
    return undefined;
  }
  const lat = numberIn(value["lat"]);
  const lon = numberIn(value["lon"]);
  const tst = numberIn(value["tst"]);
  if (tst === undefined) {
    refusals.refused("no-time");
    return undefined;
  }
  if (lat === undefined || lon === undefined) {
    refusals.refused("no-position");
    return undefined;
  }
  const vel = numberIn(value["vel"]);
  return finishDraft(
    {
      kind: about.kind,
      id: about.id,
      at: tst * 1000,
      lat,
      lon,
      altitudeM: numberIn(value["alt"]),
      accuracyM: numberIn(value["acc"]),
      // iOS says -1 for what it does not know.
      speedMps: vel === undefined || vel < 0 ? undefined : mpsFromKmh(vel),
      headingDeg: numberIn(value["cog"]),
      measurements: {
        batteryPct: numberIn(value["batt"]),
        verticalAccuracyM: numberIn(value["vac"]),
        pressureKpa: numberIn(value["p"]),
      },
      attributes: {
        trackerId: textIn(value["tid"]),
        trigger: textIn(value["t"]),
        connection: textIn(value["conn"]),
      },
      source: about.source,
    },
    refusals,
  );
}
