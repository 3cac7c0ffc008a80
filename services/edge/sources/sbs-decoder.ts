// BaseStation lines in, reports out: what the live source and the replay have in common.

import type { Report } from "@drover/core/model/report";
import { createSbsMerger } from "./sbs-merge.ts";
import { parseSbsLine } from "./sbs-message.ts";
import { createZoneResolver } from "./sbs-zone.ts";
import type { SbsZone } from "./sbs-zone.ts";
import type { Tally } from "./tally.ts";
import { parseTimeText } from "./time-text.ts";

export interface SbsDecoder {
  /** A line may begin with its receive time, as recordings do; else `receivedAt` stands. */
  line(text: string, receivedAt?: number): readonly Report[];
  /** The fixes that wait for their speed. */
  flush(): readonly Report[];
  /** Minutes ahead of UTC in use. */
  offsetMinutes(): number;
}

export function createSbsDecoder(
  config: {
    readonly source: string;
    readonly zone: SbsZone;
    readonly historical?: boolean;
    readonly aircraftMax?: number;
  },
  tally: Pick<Tally, "received" | "refused">,
): SbsDecoder {
  const merger = createSbsMerger(
    {
      source: config.source,
      ...(config.historical === true && { historical: true }),
      ...(config.aircraftMax !== undefined && { aircraftMax: config.aircraftMax }),
    },
    tally,
  );
  const zone = createZoneResolver(config.zone);

  return {
    line(text, receivedAt) {
      const recorded = splitReceiveTime(text);
      const parsed = parseSbsLine(recorded.line);
      switch (parsed.kind) {
        case "ignored":
          return [];
        case "bad":
          tally.received();
          tally.refused(parsed.reason);
          return [];
        case "message": {
          tally.received();
          const { message } = parsed;
          const at = zone.resolve(message.wallMs, recorded.receivedAt ?? receivedAt);
          if (at !== undefined) return merger.add(message, at);
          tally.refused("no-time");
          return [];
        }
      }
    },
    flush: () => merger.flush(),
    offsetMinutes: () => zone.offsetMinutes(),
  };
}

function splitReceiveTime(text: string): {
  readonly line: string;
  readonly receivedAt: number | undefined;
} {
  const first = text.charCodeAt(0);
  if (first < 48 || first > 57) return { line: text, receivedAt: undefined };
  const cut = text.indexOf(",");
  const receivedAt = cut < 0 ? undefined : parseTimeText(text.slice(0, cut));
  return receivedAt === undefined
    ? { line: text, receivedAt }
    : { line: text.slice(cut + 1), receivedAt };
}
