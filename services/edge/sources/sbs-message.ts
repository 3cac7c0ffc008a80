// One line of a BaseStation (SBS-1) feed, as TCP port 30003 sends it.
// http://woodair.net/sbs/article/barebones42_socket_data.htm

import { parseTimeText } from "./time-text.ts";

/** Fields by their index; the format's own count begins at 1. */
const field = {
  type: 1,
  hex: 4,
  generatedDate: 6,
  generatedTime: 7,
  loggedDate: 8,
  loggedTime: 9,
  callsign: 10,
  altitude: 11,
  groundSpeed: 12,
  track: 13,
  latitude: 14,
  longitude: 15,
  verticalRate: 16,
  squawk: 17,
  alert: 18,
  emergency: 19,
  spi: 20,
  isOnGround: 21,
} as const;

const FIELDS_MIN = 22;
/** readsb refuses more than 199 characters; a receive time in front adds up to 40. */
export const sbsLineChars = 256;

/** What one message said; what it left empty is undefined. Units as sent. */
export interface SbsMessage {
  readonly hex: string;
  /** Wall time without a zone, as if it were UTC, ms; of generation, else of logging. */
  readonly wallMs: number | undefined;
  readonly callsign: string | undefined;
  readonly altitudeFt: number | undefined;
  /** The altitude had an `H` behind it: above the ellipsoid, not of pressure. */
  readonly isGeometric: boolean;
  readonly speedKt: number | undefined;
  readonly trackDeg: number | undefined;
  readonly lat: number | undefined;
  readonly lon: number | undefined;
  readonly climbFpm: number | undefined;
  readonly squawk: string | undefined;
  readonly isEmergency: boolean | undefined;
  readonly isSpi: boolean | undefined;
  readonly isOnGround: boolean | undefined;
  /** Located by multilateration. */
  readonly isMlat: boolean;
}

export type SbsLine =
  | { readonly kind: "message"; readonly message: SbsMessage }
  /** A heartbeat, or one of SEL, ID, AIR, STA, CLK. */
  | { readonly kind: "ignored" }
  | { readonly kind: "bad"; readonly reason: "bad-line" | "short-line" | "bad-hex" };

export function parseSbsLine(line: string): SbsLine {
  if (line === "") return { kind: "ignored" };
  const fields = line.split(",");
  const first = fields[0];
  if (first !== "MSG" && first !== "MLAT") {
    return /^(SEL|ID|AIR|STA|CLK)$/.test(first ?? "")
      ? { kind: "ignored" }
      : { kind: "bad", reason: "bad-line" };
  }
  if (fields.length < FIELDS_MIN) return { kind: "bad", reason: "short-line" };
  const at = (index: number): string => fields[index]?.trim() ?? "";
  if (!/^[1-8]$/.test(at(field.type))) return { kind: "bad", reason: "bad-line" };
  const hex = at(field.hex).toLowerCase();
  if (!/^[0-9a-f]{6}$/.test(hex)) return { kind: "bad", reason: "bad-hex" };
  const altitude = heightOf(at(field.altitude));
  // A feed of multilateration results counts receivers where the squawk alert stands, and puts the
  // uncertainty, in a unit it does not tell, where the emergency stands.
  const isMlat = first === "MLAT" || !/^(-?1|0|)$/.test(at(field.alert));
  return {
    kind: "message",
    message: {
      hex,
      wallMs:
        parseTimeText(`${at(field.generatedDate)} ${at(field.generatedTime)}`) ??
        parseTimeText(`${at(field.loggedDate)} ${at(field.loggedTime)}`),
      callsign: at(field.callsign) || undefined,
      altitudeFt: altitude?.value,
      isGeometric: altitude?.isGeometric ?? false,
      speedKt: numberOf(at(field.groundSpeed)),
      trackDeg: numberOf(at(field.track)),
      lat: numberOf(at(field.latitude)),
      lon: numberOf(at(field.longitude)),
      climbFpm: heightOf(at(field.verticalRate))?.value,
      squawk: /^[0-7]{1,4}$/.test(at(field.squawk)) ? at(field.squawk).padStart(4, "0") : undefined,
      isEmergency: isMlat ? undefined : flagOf(at(field.emergency)),
      isSpi: flagOf(at(field.spi)),
      isOnGround: flagOf(at(field.isOnGround)),
      isMlat,
    },
  };
}

/** −1 or 1 is true, 0 is false, empty or anything else is unknown. */
function flagOf(text: string): boolean | undefined {
  if (text === "-1" || text === "1") return true;
  return text === "0" ? false : undefined;
}

/** With `--gnss` readsb sends geometric heights and rates with an `H` behind them: `35000H`. */
function heightOf(
  text: string,
): { readonly value: number; readonly isGeometric: boolean } | undefined {
  const isGeometric = text.endsWith("H");
  const value = numberOf(isGeometric ? text.slice(0, -1) : text);
  return value === undefined ? undefined : { value, isGeometric };
}

function numberOf(text: string): number | undefined {
  return /^[+-]?\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : undefined;
}
