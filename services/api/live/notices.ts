// Events and alerts for live clients, in the order of their numbers: read once for all clients twice a
// second. A client has a place in each list instead of a queue: one that took nothing for a while, or
// that came with an older place, is read to from the list until it is level. Nothing is left out but what
// is too far behind, and that is said.

import type { LiveMessage, LiveNoticeCode } from "@drover/core/model/live-messages";
import type { Alert } from "@drover/core/model/alert";
import type { StoredEvent } from "@drover/core/model/event";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";

export interface NoticeReader {
  /** Whether one more message may be written to it now. */
  hasRoom(): boolean;
  /** Takes a message that is JSON already. */
  tell(type: LiveMessage["type"], json: string): void;
}

/** Places in the lists; what comes from now on when absent. */
export interface NoticePlaces {
  readonly eventsAfter?: number | undefined;
  readonly alertsAfter?: number | undefined;
}

export interface NoticeMember {
  /** Goes on from other places; those absent stay. */
  move(places: NoticePlaces): void;
  leave(): void;
}

export interface Notices {
  join(reader: NoticeReader, places: NoticePlaces): NoticeMember;
  /** Until the signal aborts; a store that fails is asked again. */
  run(signal: AbortSignal): Promise<void>;
}

export interface NoticeSources {
  readonly events: {
    after(number: number, limit: number): Promise<readonly StoredEvent[]>;
    newestNumber(): Promise<number>;
  };
  readonly alerts: {
    changedAfter(
      revision: number,
      limit: number,
    ): Promise<readonly { readonly revision: number; readonly alert: Alert }[]>;
    revision(): Promise<number>;
  };
}

export interface NoticesConfig {
  readonly everyMs: number;
  /** Messages read at a time. */
  readonly pageMax: number;
  /** A client that is further behind is told so and goes on from here. */
  readonly behindMax: number;
  /** Clients that are read to on their own in one round; the others wait for the next. */
  readonly catchUpsMax: number;
}

export const noticesDefaults: NoticesConfig = {
  everyMs: 500,
  pageMax: 500,
  behindMax: 5_000,
  catchUpsMax: 20,
};

export function createNotices(
  config: NoticesConfig,
  deps: NoticeSources & { readonly clock: Clock; readonly log: Log },
): Notices {
  const { events, alerts, clock, log } = deps;
  const lines: readonly NoticeLine[] = [
    new NoticeLine(config, "events-skipped", {
      newest: () => events.newestNumber(),
      after: async (number, limit) =>
        (await events.after(number, limit)).map((event) =>
          messageOf(event.number, { type: "event", event }),
        ),
    }),
    new NoticeLine(config, "alerts-skipped", {
      newest: () => alerts.revision(),
      after: async (number, limit) =>
        (await alerts.changedAfter(number, limit)).map(({ revision, alert }) =>
          messageOf(revision, { type: "alert", alert, revision }),
        ),
    }),
  ];

  return {
    join(reader, places) {
      const wanted = [places.eventsAfter, places.alertsAfter];
      const members = lines.map((line, index) => line.join(reader, wanted[index]));
      return {
        move({ eventsAfter, alertsAfter }) {
          for (const [index, place] of [eventsAfter, alertsAfter].entries()) {
            const member = members[index];
            if (member && place !== undefined) member.at = place;
          }
        },
        leave() {
          for (const [index, line] of lines.entries()) line.leave(members[index]);
        },
      };
    },
    async run(signal) {
      let isFailing = false;
      while (!signal.aborted) {
        try {
          for (const line of lines) await line.round();
          isFailing = false;
        } catch (error) {
          if (!isFailing) log.warn({ err: error }, "events and alerts: trying again");
          isFailing = true;
        }
        await clock.sleep(config.everyMs, signal).catch(() => {});
      }
    },
  };
}

interface Numbered {
  readonly number: number;
  readonly type: LiveMessage["type"];
  readonly json: string;
}

const messageOf = (number: number, message: LiveMessage): Numbered => ({
  number,
  type: message.type,
  json: JSON.stringify(message),
});

interface LineSource {
  newest(): Promise<number>;
  after(number: number, limit: number): Promise<readonly Numbered[]>;
}

interface Reading {
  readonly reader: NoticeReader;
  /** The last that was told; undefined until it is known what is newest. */
  at: number | undefined;
}

/** One numbered list and those who read it. */
class NoticeLine {
  readonly #config: NoticesConfig;
  readonly #skipped: LiveNoticeCode;
  readonly #source: LineSource;
  readonly #members = new Set<Reading>();
  /** The newest that was read; undefined before the first look. */
  #last: number | undefined;

  constructor(config: NoticesConfig, skipped: LiveNoticeCode, source: LineSource) {
    this.#config = config;
    this.#skipped = skipped;
    this.#source = source;
  }

  join(reader: NoticeReader, after: number | undefined): Reading {
    const member = { reader, at: after ?? this.#last };
    this.#members.add(member);
    return member;
  }

  leave(member: Reading | undefined): void {
    if (member) this.#members.delete(member);
  }

  async round(): Promise<void> {
    if (this.#last === undefined || this.#members.size === 0) {
      this.#last = await this.#source.newest();
      if (this.#members.size === 0) return;
    } else await this.#tellAll(this.#last);
    let catchUps = this.#config.catchUpsMax;
    for (const member of this.#members) {
      // A place beyond the newest is one of another store.
      const at = Math.min(member.at ?? this.#last, this.#last);
      member.at = at;
      if (at === this.#last || !member.reader.hasRoom() || catchUps === 0) continue;
      catchUps -= 1;
      // Those who were read to go to the end, so that all have their turn.
      this.#members.delete(member);
      this.#members.add(member);
      await this.#catchUp(member, at, this.#last);
    }
  }

  /** Reads on, and tells those who are level. */
  async #tellAll(from: number): Promise<void> {
    const page = await this.#source.after(from, this.#config.pageMax);
    this.#last = page.at(-1)?.number ?? from;
    for (const member of this.#members) {
      if ((member.at ?? from) !== from || !member.reader.hasRoom()) continue;
      for (const { type, json } of page) member.reader.tell(type, json);
      member.at = this.#last;
    }
  }

  async #catchUp(member: Reading, at: number, last: number): Promise<void> {
    const { behindMax, pageMax } = this.#config;
    const from = Math.max(at, last - behindMax);
    if (from > at) {
      const text = `${from - at} came before what follows; they are in the list`;
      const notice = messageOf(0, { type: "notice", code: this.#skipped, text });
      member.reader.tell(notice.type, notice.json);
    }
    const page = await this.#source.after(from, pageMax);
    // It may have moved or left meanwhile.
    if (member.at !== at || !this.#members.has(member)) return;
    // What is newer than `last` is read for all in the next round.
    const due = page.filter(({ number }) => number <= last);
    for (const { type, json } of due) member.reader.tell(type, json);
    member.at = due.length < pageMax ? last : (due.at(-1)?.number ?? last);
  }
}
