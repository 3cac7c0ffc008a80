import { askTrack, type Track } from "../../api/assets.ts";
import { startReplay } from "../../state/actions.ts";
import { Instant } from "../controls/age.tsx";
import { Icon } from "../controls/icon.tsx";
import { Mistake } from "../controls/note.tsx";
import { useAct } from "../controls/use-act.ts";
import { durationText } from "../text/duration.ts";
import type { Range } from "../time/range.ts";
import { saveFile } from "./save-file.ts";
import { gapsOf } from "./gaps.ts";
import { trackCsv, trackFileName, trackGeoJson } from "./track-file.ts";

export interface TrackToolsProps {
  readonly asset: string;
  readonly track: Track;
  readonly range: Range;
}

/** Points in a file: the most that the server gives. */
const FILE_POINTS = 10_000;

const formats = [
  { ending: "geojson", label: "GeoJSON", type: "application/geo+json", text: trackGeoJson },
  { ending: "csv", label: "CSV", type: "text/csv", text: trackCsv },
] as const;

/** What can be done with the track of a range: keep it, see its gaps, replay it. */
export function TrackTools({ asset, track, range }: TrackToolsProps) {
  const save = useAct(async (format: (typeof formats)[number]) => {
    const whole = await askTrack(asset, { ...range, points: FILE_POINTS });
    saveFile(trackFileName(asset, range.to, format.ending), format.type, format.text(whole));
  });
  return (
    <>
      <div className="row">
        {formats.map((format) => (
          <button
            key={format.ending}
            type="button"
            aria-label={`Save the track as ${format.label}`}
            title={`Save the track as ${format.label}`}
            disabled={save.isBusy || track.points.length === 0}
            onClick={() => void save.run(format)}
          >
            <Icon name="download" />
            {format.label}
          </button>
        ))}
        <button type="button" onClick={() => startReplay(range)}>
          <Icon name="history" />
          Replay
        </button>
      </div>
      <Mistake error={save.error} />
      <Gaps track={track} range={range} />
    </>
  );
}

const GAPS_SHOWN = 20;

function Gaps({ track, range }: { readonly track: Track; readonly range: Range }) {
  const gaps = gapsOf(
    track.points.map(({ at }) => at),
    range.to,
  );
  if (track.thinned) {
    return <p className="muted">Gaps are shown for ranges short enough to hold every point.</p>;
  }
  if (gaps.length === 0) {
    return <p className="muted">{track.points.length > 1 ? "No gaps in this range." : ""}</p>;
  }
  return (
    <details open={gaps.length <= 3}>
      <summary>
        {gaps.length} {gaps.length === 1 ? "gap" : "gaps"} in the track
      </summary>
      <ul className="items">
        {gaps.slice(-GAPS_SHOWN).map((gap) => (
          <li key={gap.from} className="item">
            <span className="item-main">
              {durationText(gap.to - gap.from)} without a place
              {gap.isOpen ? ", until now" : ""}
            </span>
            <span className="muted">
              from <Instant at={gap.from} />
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
