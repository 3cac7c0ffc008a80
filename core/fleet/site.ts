// A property in the outback: a name, a place, a gateway whose link may drop.

import { chance, pick } from "./chance.ts";
import { destinationOf, type Place } from "./sphere.ts";

export interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Site extends Place {
  readonly index: number;
  /** `wirrabilla-downs`: the head of its stations' ids. */
  readonly slug: string;
  readonly name: string;
  readonly altitudeM: number;
  /** Whether its link drops now and then. */
  readonly isFlaky: boolean;
  /** The outage that covers a moment. */
  outageAt(atMs: number): Outage | undefined;
  /** Outages that end in [fromMs, toMs), in order. */
  outagesEnding(fromMs: number, toMs: number): readonly Outage[];
}

const heads = [
  "Wirrabilla",
  "Tarnooka",
  "Mulgundra",
  "Quandary",
  "Corellan",
  "Yarrabindi",
  "Brolgara",
  "Coolibarra",
  "Ghostgum",
  "Nardoola",
  "Saltbush",
  "Kurrawatha",
  "Bluebonnet",
  "Emu Flat",
  "Gidgeelong",
  "Warrego Lost",
  "Pindarra",
  "Red Jacket",
  "Spinifex",
  "Dingo Rock",
  "Maralinda",
  "Nullawarra",
  "Boomera",
  "Thornbird",
  "Wattlebong",
];
const tails = ["Downs", "Creek", "Plains", "Bore", "Springs", "Ridge", "Waters", "Run"];

/** Four boxes of dry country: [south, north, west, east] in degrees. */
const boxes: readonly (readonly [number, number, number, number])[] = [
  [-30, -20, 136.5, 147],
  [-33.5, -29, 138, 147.5],
  [-24, -15.5, 129.5, 137],
  [-30.5, -18, 117, 127],
];

const minuteMs = 60_000;
const salt = {
  box: 41,
  lat: 42,
  lon: 43,
  altitude: 44,
  flaky: 45,
  period: 46,
  down: 47,
  phase: 48,
};

/** About one link in three is behind an outage schedule of its own. */
const FLAKY_SHARE = 0.34;

export function createSite(seed: number, index: number): Site {
  const draw = (of: number) => chance(seed, index, 1, of);
  const box = boxes[pick(boxes.length, seed, index, salt.box)] ?? [-30, -20, 136.5, 147];
  const [south, north, west, east] = box;
  const isFlaky = draw(salt.flaky) < FLAKY_SHARE;
  const periodMs = Math.round((25 + 50 * draw(salt.period)) * minuteMs);
  const downMs = Math.round((2 + 9 * draw(salt.down)) * minuteMs);
  const phaseMs = Math.round(draw(salt.phase) * periodMs);
  const { name, slug } = nameOf(index);

  return {
    index,
    slug,
    name,
    latDeg: south + (north - south) * draw(salt.lat),
    lonDeg: west + (east - west) * draw(salt.lon),
    altitudeM: Math.round(60 + 480 * draw(salt.altitude)),
    isFlaky,
    outageAt(atMs) {
      if (!isFlaky) return undefined;
      const fromMs = Math.floor((atMs - phaseMs) / periodMs) * periodMs + phaseMs;
      return atMs < fromMs + downMs ? { fromMs, toMs: fromMs + downMs } : undefined;
    },
    outagesEnding(fromMs, toMs) {
      const outages: Outage[] = [];
      if (!isFlaky) return outages;
      let round = Math.ceil((fromMs - downMs - phaseMs) / periodMs);
      for (let start = round * periodMs + phaseMs; start + downMs < toMs; round++) {
        outages.push({ fromMs: start, toMs: start + downMs });
        start += periodMs;
      }
      return outages;
    },
  };
}

function nameOf(index: number): { name: string; slug: string } {
  const head = heads[index % heads.length] ?? "Farm";
  const round = Math.floor(index / heads.length);
  const tail = tails[(index + round) % tails.length] ?? "Run";
  const again = Math.floor(round / tails.length);
  const name = again === 0 ? `${head} ${tail}` : `${head} ${tail} ${again + 1}`;
  return { name, slug: name.toLowerCase().replaceAll(" ", "-") };
}

/** A spot within a few kilometres of a site, for one of its stations. */
export function spotNear(site: Site, seed: number, station: number): Place {
  const away = 400 + 9_000 * chance(seed, station, 2, 49);
  return destinationOf(site, 360 * chance(seed, station, 2, 50), away);
}
