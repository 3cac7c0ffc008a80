// Colours of altitude, and of heat. A ramp is stops between which colours are mixed; `safe` ones grow
// evenly lighter or darker, so that they are read by people who do not see all colours, and in print.

export type Rgb = readonly [number, number, number];

export interface Ramp {
  readonly stops: readonly (readonly [value: number, color: Rgb])[];
}

const rgb = (hex: string): Rgb => [
  parseInt(hex.slice(1, 3), 16),
  parseInt(hex.slice(3, 5), 16),
  parseInt(hex.slice(5, 7), 16),
];

const ramp = (...stops: readonly (readonly [number, string])[]): Ramp => ({
  stops: stops.map(([value, hex]) => [value, rgb(hex)]),
});

/** Metres above sea level. */
export const altitudeRamps = {
  altitude: ramp(
    [0, "#f0803c"],
    [1_500, "#f2bd42"],
    [3_000, "#b5d24a"],
    [6_000, "#3fc79a"],
    [9_000, "#43a5f5"],
    [12_500, "#b684f5"],
  ),
  safe: ramp(
    [0, "#fdf0a0"],
    [3_000, "#fbb65f"],
    [6_000, "#ec7f69"],
    [9_000, "#c25f9c"],
    [12_500, "#7c63d8"],
  ),
} as const;

/** From 0 to 1. */
export const heatRamp = ramp(
  [0, "#1d3b6f"],
  [0.25, "#1f7f9b"],
  [0.5, "#4cc29a"],
  [0.75, "#d8d84f"],
  [1, "#fff3a6"],
);

/** What has no altitude, by kind. */
const kindColors: Readonly<Record<string, Rgb>> = {
  station: rgb("#58c8cf"),
  vessel: rgb("#6fa8ef"),
  ship: rgb("#6fa8ef"),
  bus: rgb("#f2bd42"),
  vehicle: rgb("#b5d24a"),
  bird: rgb("#f29bb4"),
};
const noColor = rgb("#c3ced6");
const groundColor = rgb("#93a3b0");

/** The colour at a value; the ends hold beyond them. */
export function colorAt({ stops }: Ramp, value: number): Rgb {
  let below = stops[0];
  for (const stop of stops) {
    if (below === undefined) break;
    if (stop[0] >= value) return mixed(below, stop, value);
    below = stop;
  }
  return below?.[1] ?? noColor;
}

function mixed(
  [from, a]: readonly [number, Rgb],
  [to, b]: readonly [number, Rgb],
  value: number,
): Rgb {
  const share = to <= from ? 0 : Math.min(1, Math.max(0, (value - from) / (to - from)));
  const at = (i: 0 | 1 | 2): number => Math.round(a[i] + (b[i] - a[i]) * share);
  return [at(0), at(1), at(2)];
}

/** What a mover is drawn in: by altitude when it flies, else by kind. */
export function moverColor(
  ramp: Ramp,
  of: { readonly kind: string; readonly altitudeM: number; readonly isOnGround: boolean },
): Rgb {
  if (of.isOnGround) return groundColor;
  const byKind = kindColors[of.kind];
  if (byKind !== undefined) return byKind;
  return Number.isNaN(of.altitudeM) ? noColor : colorAt(ramp, of.altitudeM);
}

/** For a legend: `linear-gradient` wants its stops in shares of the whole. */
export function gradientOf({ stops }: Ramp): string {
  const first = stops[0]?.[0] ?? 0;
  const span = (stops.at(-1)?.[0] ?? 1) - first || 1;
  const parts = stops.map(
    ([value, color]) => `rgb(${color.join(" ")}) ${Math.round(((value - first) / span) * 100)}%`,
  );
  return `linear-gradient(90deg, ${parts.join(", ")})`;
}
