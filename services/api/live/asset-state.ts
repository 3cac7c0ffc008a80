// What is known of one asset now. Latest is the maximum event time, section by section: a station
// that sends its place once and its measurements every half minute has both.

import type { StampedReport } from "@drover/core/model/report";

/** A section of a report, the event time that it speaks for, and the delivery that it came with. */
export interface Timed<T> {
  readonly at: number;
  readonly epoch: number;
  readonly seq: number;
  readonly value: T;
}

export interface AssetState {
  readonly asset: string;
  readonly kind: string;
  /** Greatest event time of any report. */
  at: number;
  /** Delivery of that report; breaks ties of `at`, the later delivery wins. */
  epoch: number;
  seq: number;
  edge: string;
  source: string;
  sentAt: number;
  receivedAt: number;
  /** The place of that report was not believed. */
  isSuspect: boolean;
  position: Timed<NonNullable<StampedReport["position"]>> | undefined;
  motion: Timed<NonNullable<StampedReport["motion"]>> | undefined;
  measurements: Timed<Readonly<Record<string, number>>> | undefined;
  attributes: Timed<Readonly<Record<string, string>>> | undefined;
}

/** The state of an asset that was not known before. */
export function stateOf(report: StampedReport): AssetState {
  const state: AssetState = {
    asset: report.asset,
    kind: report.kind,
    at: -1,
    epoch: 0,
    seq: 0,
    edge: report.edge,
    source: report.source,
    sentAt: report.sentAt,
    receivedAt: report.receivedAt,
    isSuspect: report.suspect,
    position: undefined,
    motion: undefined,
    measurements: undefined,
    attributes: undefined,
  };
  applyReport(state, report);
  return state;
}

/**
 * Takes a report into the state, in any order of delivery; late data never overwrites what is
 * newer. A suspect report counts as a sign of life, but its place and motion are not believed.
 *
 * @returns whether anything changed.
 */
export function applyReport(state: AssetState, report: StampedReport): boolean {
  const { at, epoch, seq } = report;
  let hasChanged = false;
  if (isNewer(state, report)) {
    state.at = at;
    state.epoch = epoch;
    state.seq = seq;
    state.edge = report.edge;
    state.source = report.source;
    state.sentAt = report.sentAt;
    state.receivedAt = report.receivedAt;
    state.isSuspect = report.suspect;
    hasChanged = true;
  }
  if (!report.suspect) {
    if (report.position && isNewer(state.position, report)) {
      state.position = { at, epoch, seq, value: report.position };
      hasChanged = true;
    }
    if (report.motion && isNewer(state.motion, report)) {
      state.motion = { at, epoch, seq, value: report.motion };
      hasChanged = true;
    }
  }
  if (report.measurements && isNewer(state.measurements, report)) {
    state.measurements = { at, epoch, seq, value: report.measurements };
    hasChanged = true;
  }
  if (report.attributes && isNewer(state.attributes, report)) {
    state.attributes = { at, epoch, seq, value: report.attributes };
    hasChanged = true;
  }
  return hasChanged;
}

/** When something was said: by event time, and for one time by delivery, as in `latest`. */
interface Moment {
  readonly at: number;
  readonly epoch: number;
  readonly seq: number;
}

/** The same report once more is not newer. */
function isNewer(known: Moment | undefined, { at, epoch, seq }: Moment): boolean {
  if (known === undefined || at !== known.at) return known === undefined || at > known.at;
  return epoch > known.epoch || (epoch === known.epoch && seq > known.seq);
}

/** The asset as the API shows it. */
export function viewOf(state: AssetState) {
  const { position, motion, measurements, attributes } = state;
  return {
    asset: state.asset,
    kind: state.kind,
    at: state.at,
    ...(position && { position: { ...position.value, at: position.at } }),
    ...(motion && { motion: motion.value }),
    ...(measurements && { measurements: measurements.value }),
    ...(attributes && { attributes: attributes.value }),
    source: state.source,
    ...(state.edge !== "" && { edge: state.edge }),
    sentAt: state.sentAt,
    receivedAt: state.receivedAt,
  };
}
export type AssetView = ReturnType<typeof viewOf>;
