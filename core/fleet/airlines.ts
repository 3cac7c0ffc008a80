// Who flies: designators, home airports, and blocks of 24-bit addresses by state of registry
// (ICAO Annex 10 Vol. III, table 9-1).

export interface Airline {
  /** ICAO designator, the head of its callsigns. */
  readonly code: string;
  /** First address of the state's block, and how many the block has. */
  readonly hexFrom: number;
  readonly hexCount: number;
  readonly hubs: readonly string[];
  /** How many of a hundred flights are its own, roughly. */
  readonly share: number;
  /** What it flies. */
  readonly haul: "short" | "long" | "both";
}

type Row = readonly [string, number, number, number, string, Airline["haul"]?];

const rows: readonly Row[] = [
  ["QFA", 0x7c0000, 0x40000, 12, "SYD MEL BNE PER ADL"],
  ["VOZ", 0x7c0000, 0x40000, 9, "BNE SYD MEL ADL"],
  ["JST", 0x7c0000, 0x40000, 7, "MEL SYD OOL CNS", "short"],
  ["QLK", 0x7c0000, 0x40000, 5, "SYD BNE CBR DBO", "short"],
  ["RXA", 0x7c0000, 0x40000, 3, "SYD ADL WGA MQL", "short"],
  ["NWK", 0x7c0000, 0x40000, 4, "PER BME KTA PHE", "short"],
  ["ANZ", 0xc80000, 0x8000, 4, "AKL WLG CHC"],
  ["FJI", 0xc88000, 0x1000, 1, "NAN", "long"],
  ["BAW", 0x400000, 0x40000, 4, "LHR LGW"],
  ["EZY", 0x400000, 0x40000, 4, "LGW MAN EDI", "short"],
  ["RYR", 0x4ca000, 0x1000, 5, "DUB OPO AGP KRK", "short"],
  ["DLH", 0x3c0000, 0x40000, 4, "FRA MUC"],
  ["EWG", 0x3c0000, 0x40000, 2, "DUS STR HAM", "short"],
  ["AFR", 0x380000, 0x40000, 3, "CDG ORY"],
  ["KLM", 0x480000, 0x8000, 3, "AMS"],
  ["SWR", 0x4b0000, 0x8000, 2, "ZRH GVA"],
  ["AUA", 0x440000, 0x8000, 1, "VIE"],
  ["SAS", 0x4a8000, 0x8000, 2, "ARN CPH OSL"],
  ["FIN", 0x460000, 0x8000, 1, "HEL"],
  ["IBE", 0x340000, 0x40000, 2, "MAD BCN"],
  ["TAP", 0x490000, 0x8000, 1, "LIS"],
  ["ITY", 0x300000, 0x40000, 2, "FCO MXP"],
  ["LOT", 0x488000, 0x8000, 1, "WAW"],
  ["THY", 0x4b8000, 0x8000, 2, "IST"],
  ["AEE", 0x468000, 0x8000, 1, "ATH", "short"],
  ["SIA", 0x768000, 0x8000, 3, "SIN", "long"],
  ["UAE", 0x896000, 0x1000, 3, "DXB", "long"],
  ["QTR", 0x06a000, 0x1000, 2, "DOH", "long"],
  ["CPA", 0x780000, 0x40000, 1, "HKG", "long"],
  ["JAL", 0x840000, 0x40000, 2, "HND NRT"],
  ["IGO", 0x800000, 0x40000, 1, "DEL BOM BLR", "short"],
  ["ETH", 0x040000, 0x1000, 1, "ADD"],
  ["SAA", 0x008000, 0x8000, 1, "JNB CPT"],
  ["UAL", 0xa00000, 0x100000, 2, "SFO DEN ORD IAH"],
  ["DAL", 0xa00000, 0x100000, 2, "ATL SEA JFK"],
  ["ACA", 0xc00000, 0x40000, 1, "YYZ YVR YUL"],
  ["LAN", 0xe80000, 0x1000, 1, "SCL LIM"],
];

export const airlines: readonly Airline[] = rows.map((row) => {
  const [code, hexFrom, hexCount, share, hubs, haul = "both"] = row;
  return { code, hexFrom, hexCount, share, hubs: hubs.split(" "), haul };
});

export interface AircraftType {
  /** ICAO type designator. */
  readonly code: string;
  readonly legMMin: number;
  readonly legMMax: number;
  readonly cruiseMps: { readonly min: number; readonly max: number };
  /** Flight levels, hundreds of feet. */
  readonly level: { readonly min: number; readonly max: number };
  readonly climbMps: number;
  readonly turnaroundMs: number;
  readonly isWide: boolean;
}

const minuteMs = 60_000;

/** Three classes; a flight keeps its type. */
export const aircraftTypes = {
  short: {
    code: "E190",
    legMMin: 350_000,
    legMMax: 2_400_000,
    cruiseMps: { min: 220, max: 234 },
    level: { min: 280, max: 370 },
    climbMps: 11.5,
    turnaroundMs: 28 * minuteMs,
    isWide: false,
  },
  medium: {
    code: "A320",
    legMMin: 500_000,
    legMMax: 4_800_000,
    cruiseMps: { min: 224, max: 242 },
    level: { min: 310, max: 390 },
    climbMps: 12.5,
    turnaroundMs: 35 * minuteMs,
    isWide: false,
  },
  long: {
    code: "B789",
    legMMin: 2_500_000,
    legMMax: 13_600_000,
    cruiseMps: { min: 240, max: 259 },
    level: { min: 330, max: 410 },
    climbMps: 11,
    turnaroundMs: 75 * minuteMs,
    isWide: true,
  },
} as const satisfies Readonly<Record<string, AircraftType>>;
