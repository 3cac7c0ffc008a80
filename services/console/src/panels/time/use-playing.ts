import { useEffect } from "react";
import { setReplay } from "../../state/actions.ts";
import { store } from "../../state/store.ts";
import { useConsole } from "../../state/use-console.ts";

/** How often the moment moves on: smooth enough for a handle, and seldom enough for what listens. */
const EVERY_MS = 100;

/** Moves a replay on while it plays; it pauses at its end. */
export function usePlaying(): void {
  const isPlaying = useConsole(({ replay }) => replay?.isPlaying === true);
  useEffect(() => {
    if (!isPlaying) return;
    let lastMs = performance.now();
    const timer = setInterval(() => {
      const nowMs = performance.now();
      const { replay } = store.getState();
      // Begun late, as in a tab in the background, it goes on from where it was.
      const passedMs = Math.min(nowMs - lastMs, 10 * EVERY_MS);
      lastMs = nowMs;
      if (replay === undefined) return;
      const at = Math.min(replay.to, replay.at + passedMs * replay.speed);
      setReplay({ at, isPlaying: at < replay.to });
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [isPlaying]);
}
