import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useConsole } from "../../state/use-console.ts";
import { instantText } from "../text/duration.ts";
import { numberText } from "../text/metric.ts";
import type { Range } from "../time/range.ts";
import { axisRange } from "./plot-scale.ts";
import type { Series } from "./series.ts";

export interface PlotProps {
  readonly series: Series;
  readonly label: string;
  readonly unit: string;
  readonly range: Range;
  /** Plots of one key share their cursor. */
  readonly cursorKey: string;
  /** From what is stored to what is shown. */
  readonly shown?: (value: number) => number;
}

const HEIGHT_PX = 124;

/** A line between a band of least and greatest; its numbers stand above it, at the cursor or the last. */
export function Plot(props: PlotProps) {
  const { series, label, unit, range, cursorKey, shown = same } = props;
  const place = useRef<HTMLDivElement>(null);
  const read = useRef<HTMLSpanElement>(null);
  const clock = useConsole((state) => state.clock);
  const theme = useTheme();
  const last = series.last === undefined ? "–" : withUnit(shown(series.last), unit);
  useEffect(() => {
    const { current: parent } = place;
    const { current: reading } = read;
    if (parent === null || reading === null) return;
    const options = optionsOf({ parent, unit, range, cursorKey, clock });
    options.hooks = {
      setCursor: [
        (plot) => {
          reading.textContent = readingOf(plot, unit, clock) ?? last;
        },
      ],
    };
    const plot = new uPlot(options, columnsOf(series, shown), parent);
    const resized = new ResizeObserver(() =>
      plot.setSize({ width: parent.clientWidth, height: HEIGHT_PX }),
    );
    resized.observe(parent);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [series, range, unit, cursorKey, clock, theme, shown, last]);
  return (
    <figure className="plot">
      <figcaption>
        <span>{label}</span>
        <span ref={read} className="plot-reading">
          {last}
        </span>
      </figcaption>
      <div ref={place} className="plot-place" role="img" aria-label={summaryOf(props)} />
    </figure>
  );
}

const same = (value: number): number => value;
const withUnit = (value: number, unit: string): string => `${numberText(value)} ${unit}`.trim();

/** What is drawn, in a sentence, for those who do not see it. */
function summaryOf({ series, label, unit, shown = same }: PlotProps): string {
  const least = Math.min(...known(series.min));
  const most = Math.max(...known(series.max));
  if (!Number.isFinite(least)) return `${label}: nothing in this range`;
  return `${label} between ${withUnit(shown(least), unit)} and ${withUnit(shown(most), unit)}`;
}

const known = (values: readonly (number | null)[]): readonly number[] =>
  values.filter((value) => value !== null);

function columnsOf(series: Series, shown: (value: number) => number): uPlot.AlignedData {
  const column = (values: readonly (number | null)[]) =>
    values.map((value) => (value === null ? null : shown(value)));
  return [[...series.times], column(series.max), column(series.min), column(series.mean)];
}

function readingOf(plot: uPlot, unit: string, clock: "utc" | "local"): string | undefined {
  const { idx } = plot.cursor;
  if (idx === null || idx === undefined) return undefined;
  const at = plot.data[0][idx];
  const mean = plot.data[3]?.[idx];
  if (at === undefined || mean === null || mean === undefined) return undefined;
  const min = plot.data[2]?.[idx] ?? mean;
  const max = plot.data[1]?.[idx] ?? mean;
  const spread = min === max ? "" : ` (${numberText(min)} to ${numberText(max)})`;
  return `${withUnit(mean, unit)}${spread} · ${instantText(at * 1_000, clock).slice(5, 19)}`;
}

/** Changes when the colours do: a canvas does not follow the style sheet by itself. */
function useTheme(): string {
  const theme = useConsole((state) => state.theme);
  return theme === "system" ? String(matchMedia("(prefers-color-scheme: light)").matches) : theme;
}

interface PlotPlace {
  readonly parent: HTMLElement;
  readonly unit: string;
  readonly range: Range;
  readonly cursorKey: string;
  readonly clock: "utc" | "local";
}

function optionsOf({ parent, range, cursorKey, clock }: PlotPlace): uPlot.Options {
  const style = getComputedStyle(parent);
  const color = (token: string): string => style.getPropertyValue(token).trim();
  const axis = {
    stroke: color("--ink-3"),
    grid: { stroke: color("--plot-grid"), width: 1 },
    ticks: { show: false },
    font: `11px ${color("--font")}`,
  };
  const edge = { stroke: "transparent", width: 0, points: { show: false } };
  return {
    width: parent.clientWidth,
    height: HEIGHT_PX,
    padding: [6, 4, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: cursorKey, setSeries: false, scales: ["x", null] },
      drag: { x: false, y: false },
      y: false,
      points: { size: 6, fill: color("--plot-1") },
    },
    scales: {
      x: { time: true, range: [range.from / 1_000, range.to / 1_000] },
      y: { range: (_, least, most) => [...axisRange(least, most)] },
    },
    ...(clock === "utc" && { tzDate: (at: number) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC") }),
    axes: [
      { ...axis, size: 34, space: 64, values: axisValues },
      { ...axis, size: 44, space: 26, values: (_, values) => values.map(numberText) },
    ],
    series: [
      {},
      edge,
      edge,
      { stroke: color("--plot-1"), width: 1.5, points: { show: false }, spanGaps: false },
    ],
    bands: [{ series: [1, 2], fill: color("--plot-band") }],
  };
}

/** Hours and minutes by day, dates where a day begins; 24 h, as everywhere here. */
const axisValues: uPlot.Axis.Values = [
  [86_400, "{MM}-{DD}", null, null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{MM}-{DD}", null, "\n{MM}-{DD}", null, null, null, 1],
];
