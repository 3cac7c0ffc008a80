// BaseStation times have no zone: readsb writes UTC, other feeders local time, some nothing.

const QUARTER_HOUR_MS = 900_000;
const OFFSET_MS_MIN = -12 * 3_600_000;
const OFFSET_MS_MAX = 14 * 3_600_000;
/** So many messages in a row must agree before another offset is taken: a change of the clocks. */
const AGREE_MIN = 20;

/**
 * `auto`: the offset that brings the feed's clock nearest to the receive time, in quarter hours;
 * UTC where there is no receive time. `receive`: the receive time, for a feed whose clock is wrong.
 * A number is minutes ahead of UTC.
 */
export type SbsZone = "auto" | "receive" | number;

export interface ZoneResolver {
  /**
   * Epoch ms of a message. A feed without times is live by nature, so the receive time stands in;
   * undefined when there is neither.
   */
  resolve(wallMs: number | undefined, receivedAt: number | undefined): number | undefined;
  /** Minutes ahead of UTC in use. */
  offsetMinutes(): number;
}

export function createZoneResolver(zone: SbsZone): ZoneResolver {
  let offsetMs = typeof zone === "number" ? zone * 60_000 : 0;
  let isSettled = typeof zone === "number";
  let candidateMs = 0;
  let agreeing = 0;

  function learn(wallMs: number, receivedAt: number): void {
    const guessMs = Math.round((wallMs - receivedAt) / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
    // A feed that is days off is no matter of zones.
    if (guessMs < OFFSET_MS_MIN || guessMs > OFFSET_MS_MAX) return;
    if (!isSettled) {
      isSettled = true;
      offsetMs = guessMs;
      return;
    }
    if (guessMs === offsetMs) {
      agreeing = 0;
      return;
    }
    agreeing = guessMs === candidateMs ? agreeing + 1 : 1;
    candidateMs = guessMs;
    if (agreeing < AGREE_MIN) return;
    offsetMs = guessMs;
    agreeing = 0;
  }

  return {
    resolve(wallMs, receivedAt) {
      if (wallMs === undefined || zone === "receive") return receivedAt;
      if (zone === "auto" && receivedAt !== undefined) learn(wallMs, receivedAt);
      return wallMs - offsetMs;
    },
    offsetMinutes: () => offsetMs / 60_000,
  };
}
