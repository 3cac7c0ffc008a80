import type { Producer } from "@drover/core/model/ingest";
import { linkEveryMs, parseLink, type EdgeBacklog } from "@drover/core/model/link";
import type { EdgeLinks } from "@drover/core/records/edge-links";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";

/** Gathers what is heard of edges and writes it down beside the requests, not within them. */
export interface EdgeNotes {
  /** A request of an edge came; `link` is what it says of itself. */
  heard(producer: Producer, receivedAt: number, link: string | undefined): void;
  /** Reports of that request are durable, and all up to `through`. */
  stored(producer: Producer, receivedAt: number, through: number): void;
  /** Writes every `linkEveryMs` until the signal aborts, and once more then. */
  run(signal: AbortSignal): Promise<void>;
}

export interface EdgeNotesDeps {
  readonly links: Pick<EdgeLinks, "note">;
  readonly clock: Pick<Clock, "sleep">;
  readonly log: Pick<Log, "warn">;
}

/** What is waiting to be written of one edge. */
interface Note {
  readonly edge: string;
  receivedAt: number;
  epoch: number;
  through: number;
  told?: { readonly at: number; readonly backlog: EdgeBacklog };
}

/** Edges between two writings. Bound: those beyond it are not noted until the next one. */
const EDGES_MAX = 5_000;

export function createEdgeNotes(deps: EdgeNotesDeps): EdgeNotes {
  const { links, clock, log } = deps;
  let waiting = new Map<string, Note>();

  async function write(): Promise<void> {
    if (waiting.size === 0) return;
    const taken = waiting;
    waiting = new Map();
    try {
      await links.note([...taken.values()]);
    } catch (error) {
      log.warn({ err: error }, "the state of edges was not written down; trying again");
      // What came meanwhile is newer.
      for (const [edge, note] of taken) if (!waiting.has(edge)) waiting.set(edge, note);
    }
  }

  /** The note of an edge, with its newest epoch and time; undefined beyond the bound. */
  function noteOf({ edge, epoch }: Producer, receivedAt: number): Note | undefined {
    let note = waiting.get(edge);
    if (note === undefined) {
      if (waiting.size >= EDGES_MAX) return undefined;
      note = { edge, receivedAt, epoch, through: 0 };
      waiting.set(edge, note);
    }
    if (receivedAt > note.receivedAt) note.receivedAt = receivedAt;
    if (epoch > note.epoch) {
      note.epoch = epoch;
      note.through = 0;
    }
    return note;
  }

  return {
    heard(producer, receivedAt, link) {
      const note = noteOf(producer, receivedAt);
      const backlog = link === undefined ? undefined : parseLink(link);
      if (note !== undefined && backlog !== undefined) note.told = { at: receivedAt, backlog };
    },
    stored(producer, receivedAt, through) {
      const note = noteOf(producer, receivedAt);
      if (note?.epoch === producer.epoch && through > note.through) note.through = through;
    },
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(linkEveryMs, signal).catch(() => {});
        await write();
      }
    },
  };
}
