import { useMemo, useState } from "react";
import { askMeasurements, askTrack } from "../../api/assets.ts";
import { Answer, Empty } from "../controls/note.tsx";
import { useAsk } from "../controls/use-ask.ts";
import { useUnits } from "../controls/use-units.ts";
import { metricWords } from "../text/metric.ts";
import { RangePicker } from "../time/range-picker.tsx";
import { rangeAt, rangeChoices, type RangeChoice } from "../time/range.ts";
import { medianStep } from "./gaps.ts";
import { Plot } from "./plot.tsx";
import { measurementSeries, trackSeries, type Series, type TrackQuantity } from "./series.ts";
import { TrackTools } from "./track-tools.tsx";

/** Buckets that a plot of the drawer's width can show. */
const BUCKETS = 300;
const TRACK_POINTS = 5_000;

/** Everything that an asset measured, and its altitude and speed, over one range with one cursor. */
export function Plots({ asset }: { readonly asset: string }) {
  const [choice, setChoice] = useState<RangeChoice>({ name: "1h" });
  // A range that ends now moves on as often as its plots can show it.
  const everyMs = rangeChoices.find(({ value }) => value === choice.name)?.ms;
  const asked = useAsk(
    `${asset} ${JSON.stringify(choice)}`,
    async (signal) => {
      const range = rangeAt(choice, Date.now());
      const [measured, track] = await Promise.all([
        askMeasurements(asset, { ...range, points: BUCKETS }, signal),
        askTrack(asset, { ...range, points: TRACK_POINTS }, signal),
      ]);
      return { range, measured, track };
    },
    { everyMs: everyMs && Math.max(5_000, everyMs / BUCKETS) },
  );
  return (
    <section aria-label="Plots" className="stack">
      <RangePicker label="Range" choice={choice} onChange={setChoice} />
      <Answer asked={asked} what="plots" rows={6}>
        {(answer) => (
          <>
            <PlotList asset={asset} answer={answer} />
            <TrackTools asset={asset} track={answer.track} range={answer.range} />
          </>
        )}
      </Answer>
    </section>
  );
}

interface PlotAnswer {
  readonly range: { readonly from: number; readonly to: number };
  readonly measured: Parameters<typeof measurementSeries>[0];
  readonly track: Awaited<ReturnType<typeof askTrack>>;
}

function PlotList({ asset, answer }: { readonly asset: string; readonly answer: PlotAnswer }) {
  const units = useUnits();
  const { measured, moved } = useMemo(() => seriesOf(answer), [answer]);
  if (measured.length + moved.length === 0) {
    return (
      <Empty title="Nothing was heard in this range">
        <span>Choose a longer one.</span>
      </Empty>
    );
  }
  const quantityOf = { altitudeM: units.altitude, speedMps: units.speed } as const;
  return (
    <div className="plots">
      {moved.map(({ quantity, series }) => (
        <Plot
          key={quantity}
          series={series}
          label={quantity === "altitudeM" ? "Altitude" : "Speed"}
          unit={quantityOf[quantity].unit}
          shown={quantityOf[quantity].shown}
          range={answer.range}
          cursorKey={asset}
        />
      ))}
      {measured.map((series) => (
        <Plot
          key={series.name}
          series={series}
          label={metricWords(series.name).label}
          unit={metricWords(series.name).unit}
          range={answer.range}
          cursorKey={asset}
        />
      ))}
    </div>
  );
}

const moving = ["altitudeM", "speedMps"] as const;

/** An altitude that never changes is the place of a station, and no plot. */
function seriesOf({ range, measured, track }: PlotAnswer): {
  readonly measured: readonly Series[];
  readonly moved: readonly { readonly quantity: TrackQuantity; readonly series: Series }[];
} {
  const cadenceMs = medianStep(track.points.map(({ at }) => at)) ?? 0;
  const options = { range, buckets: BUCKETS, cadenceMs };
  const moved = moving
    .map((quantity) => ({ quantity, series: trackSeries(track.points, quantity, options) }))
    .filter(({ series }) => series.max.some((value) => value !== series.max[0]));
  return { measured: measurementSeries(measured, cadenceMs), moved };
}
