import { useState } from "react";
import type { KeyboardEvent } from "react";
import { goLive, setReplay, startReplay } from "../state/actions.ts";
import type { Replay } from "../state/store.ts";
import { useConsole } from "../state/use-console.ts";
import { Icon } from "./controls/icon.tsx";
import { useNow } from "./controls/use-now.ts";
import { ageText, instantText, shortInstantText } from "./text/duration.ts";
import { Marks } from "./time/marks.tsx";
import { nextInstant, shareOf, ticksOf, type Range } from "./time/range.ts";
import { useMoments } from "./time/use-moments.ts";
import { usePlaying } from "./time/use-playing.ts";
import "./time/time.css";

const HOUR_MS = 3_600_000;
const spans = [1, 3, 12, 24] as const;
const speeds = [1, 10, 60, 300] as const;
/** The present on the strip moves on in steps, so that marks and ticks stand still between them. */
const STRIP_STEP_MS = 10_000;

/**
 * The last hours as a strip: at its right end is now. Moving the handle shows what was then, with the
 * events and alerts of that time on the strip; `Live` leads back.
 */
export function TimeBar() {
  const replay = useConsole((state) => state.replay);
  const now = useNow();
  const [hours, setHours] = useState<number>(3);
  usePlaying();
  const end = Math.ceil(now / STRIP_STEP_MS) * STRIP_STEP_MS;
  const range = replay ?? { from: end - hours * HOUR_MS, to: end };
  const moments = useMoments(range, replay !== undefined);
  const at = replay?.at ?? range.to;
  const show = (moment: number): void => {
    if (replay === undefined) startReplay({ from: range.from, to: now, at: moment });
    else setReplay({ at: moment, isPlaying: false });
  };
  const jump = (direction: "before" | "after"): void => {
    const instants = moments.map((moment) => moment.at);
    const found = nextInstant(instants, at, direction);
    if (found !== undefined) show(found);
  };
  const changeHours = (next: number): void => {
    setHours(next);
    if (replay !== undefined) {
      const to = Math.min(now, Math.max(replay.to, replay.at + (next / 2) * HOUR_MS));
      startReplay({ ...replay, from: to - next * HOUR_MS, to });
    }
  };
  return (
    <section className={replay ? "time-bar replaying" : "time-bar"} aria-label="Time">
      <Player
        replay={replay}
        onJump={jump}
        onStart={() => show(range.to - (hours * HOUR_MS) / 6)}
      />
      <div className="time-strip">
        <Ticks range={range} now={now} />
        <Marks moments={moments} range={range} onPick={show} />
        <Handle range={range} at={at} isLive={replay === undefined} onMove={show} />
      </div>
      <Span hours={spanOf(range)} onChange={changeHours} />
      <button
        type="button"
        className="time-live"
        aria-pressed={replay === undefined}
        onClick={goLive}
      >
        Live
      </button>
    </section>
  );
}

const spanOf = ({ from, to }: Range): number => Math.round((to - from) / HOUR_MS);

interface PlayerProps {
  readonly replay: Replay | undefined;
  readonly onJump: (direction: "before" | "after") => void;
  readonly onStart: () => void;
}

function Player({ replay, onJump, onStart }: PlayerProps) {
  const isPlaying = replay?.isPlaying === true;
  const play = (): void => {
    if (replay === undefined) onStart();
    else if (replay.at >= replay.to) setReplay({ at: replay.from, isPlaying: true });
    else setReplay({ isPlaying: !isPlaying });
  };
  return (
    <div className="time-player">
      <button
        type="button"
        className="quiet icon-only wide-only"
        aria-label="To the event before"
        title="To the event before"
        onClick={() => onJump("before")}
      >
        <Icon name="previous" />
      </button>
      <button
        type="button"
        className="quiet icon-only"
        aria-label={isPlaying ? "Pause" : replay ? "Play" : "Replay the last hours"}
        title={isPlaying ? "Pause" : replay ? "Play" : "Replay the last hours"}
        onClick={play}
      >
        <Icon name={isPlaying ? "pause" : replay ? "play" : "history"} />
      </button>
      <button
        type="button"
        className="quiet icon-only wide-only"
        aria-label="To the next event"
        title="To the next event"
        onClick={() => onJump("after")}
      >
        <Icon name="next" />
      </button>
      <select
        className="time-speed"
        aria-label="Speed"
        value={replay?.speed ?? 60}
        disabled={replay === undefined}
        onChange={({ target }) => setReplay({ speed: Number(target.value) })}
      >
        {speeds.map((speed) => (
          <option key={speed} value={speed}>
            {speed}×
          </option>
        ))}
      </select>
    </div>
  );
}

function Span(props: { readonly hours: number; readonly onChange: (hours: number) => void }) {
  const { hours, onChange } = props;
  const isOther = !spans.some((span) => span === hours);
  return (
    <select
      className="time-span"
      aria-label="How much time the strip shows"
      value={hours}
      onChange={({ target }) => onChange(Number(target.value))}
    >
      {isOther && <option value={hours}>{hours < 1 ? "< 1" : hours} h</option>}
      {spans.map((span) => (
        <option key={span} value={span}>
          {span} h
        </option>
      ))}
    </select>
  );
}

const TICKS_MAX = 7;

function Ticks({ range, now }: { readonly range: Range; readonly now: number }) {
  const clock = useConsole((state) => state.clock);
  const offsetMs = clock === "utc" ? 0 : -new Date(range.to).getTimezoneOffset() * 60_000;
  // The last would lie under what stands beside the strip.
  const ticks = ticksOf(range, TICKS_MAX, offsetMs).filter((tick) => shareOf(tick, range) < 0.96);
  return (
    <div className="time-ticks" aria-hidden="true">
      {ticks.map((tick) => (
        <span key={tick} style={{ left: `${shareOf(tick, range) * 100}%` }}>
          {shortInstantText(tick, clock, now).slice(0, 5)}
        </span>
      ))}
    </div>
  );
}

interface HandleProps {
  readonly range: Range;
  readonly at: number;
  readonly isLive: boolean;
  readonly onMove: (at: number) => void;
}

const KEY_STEP_MS = 10_000;

function Handle({ range, at, isLive, onMove }: HandleProps) {
  const clock = useConsole((state) => state.clock);
  const text = isLive ? "now" : instantText(at, clock);
  const share = shareOf(at, range);
  // The browser steps by the smallest step; a person means some seconds.
  const onKeyDown = (event: KeyboardEvent): void => {
    const sign = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (sign === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(at + sign * KEY_STEP_MS * (event.shiftKey ? 12 : 1));
  };
  return (
    <>
      <input
        type="range"
        className="time-range"
        aria-label="Moment shown"
        aria-valuetext={text}
        min={range.from}
        max={range.to}
        step={1_000}
        value={at}
        onKeyDown={onKeyDown}
        onChange={({ target }) => onMove(target.valueAsNumber)}
      />
      {!isLive && (
        <output
          className={share > 0.5 ? "time-at before" : "time-at"}
          style={{ left: `${share * 100}%` }}
        >
          {instantText(at, clock).slice(5, 19)} · {ageText(range.to - at)} before the end
        </output>
      )}
    </>
  );
}
