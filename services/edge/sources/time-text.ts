// Times as feeds write them, into epoch milliseconds. `Date.parse` takes a time without a zone for
// local time, so that the same file would mean something else on another machine.

const pattern =
  /^(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;

/**
 * `2018-02-18T05:17:43.217933+00:00`, `2018-05-09 14:59:05.000`, `2018/02/18 15:47:41`.
 *
 * A time without a zone is taken `offsetMinutes` ahead of UTC. Undefined for anything else, such as
 * the 30th of February.
 */
export function parseTimeText(text: string, offsetMinutes = 0): number | undefined {
  const match = pattern.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = match;
  const dayMs = Date.UTC(Number(year), Number(month) - 1, Number(day));
  const isDay =
    new Date(dayMs).getUTCDate() === Number(day) &&
    new Date(dayMs).getUTCMonth() === Number(month) - 1;
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 60) {
    return undefined;
  }
  const minutes = Number(hour) * 60 + Number(minute);
  const seconds = Number(second ?? 0) + Number(`0.${fraction ?? 0}`);
  const wallMs = dayMs + minutes * 60_000 + Math.round(seconds * 1000);
  const offset = zone === undefined ? offsetMinutes : parseOffset(zone);
  return offset === undefined ? undefined : wallMs - offset * 60_000;
}

/** `Z`, `utc`, `+10:30`, `-0330` or `+08` as minutes ahead of UTC; undefined beyond ±14 h. */
export function parseOffset(text: string): number | undefined {
  if (/^(z|utc)$/i.test(text)) return 0;
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(text);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  if (minutes > 14 * 60 || Number(match[3] ?? 0) > 59) return undefined;
  return match[1] === "-" ? -minutes : minutes;
}
