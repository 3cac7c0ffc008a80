// From a token to a working page: who is it, then the feed and the lists. Ends and begins again when the
// token is refused or another is given.

import { z } from "zod";
import { askSession } from "./api/session.ts";
import { AskError } from "./api/problem.ts";
import { server } from "./api/server.ts";
import { askZones } from "./api/zones.ts";
import { Alert } from "@drover/core/model/alert";
import { StoredEvent } from "@drover/core/model/event";
import { startFeed } from "./live/feed.ts";
import type { Feed } from "./live/feed.ts";
import { addEvents, setAlerts, setLink, setSession, setZones } from "./state/actions.ts";
import { store } from "./state/store.ts";
import type { Replay } from "./state/store.ts";
import { forgetToken, keepToken, token } from "./state/token.ts";

let feed: Feed | undefined;
/** The one retry under way, however many asked. */
let again: ReturnType<typeof setTimeout> | undefined;
/** Zones are few and change seldom; other people's changes are seen within this time. */
const ZONES_EVERY_MS = 15_000;
const RETRY_MS = 3_000;
const MINUTE_MS = 60_000;

// The page's policy lets nothing be compiled from text, and zod would try.
z.config({ jitless: true });

/** The feed, once somebody is signed in. */
export const currentFeed = (): Feed | undefined => feed;

/** Begins with the token of this tab; to be called once. */
export function startSession(): void {
  feed = startFeed({
    onOffline: () => void check(),
    onSkipped: () => void readLists(),
  });
  // Whoever was away, or looked at another time, was not told what happened meanwhile.
  store.subscribe(({ link }, before) => {
    if (link === "live" && before.link !== "live") void readLists();
  });
  void begin();
  setInterval(() => void readZones(), ZONES_EVERY_MS);
  followReplayedZones();
}

/** Zones are shown as they were at the moment that is replayed. */
function followReplayedZones(): void {
  store.subscribe(({ replay }, before) => {
    if (minuteOf(replay) !== minuteOf(before.replay)) void readZones();
  });
}

const minuteOf = (replay: Replay | undefined): number | undefined =>
  replay && Math.floor(replay.at / MINUTE_MS);

/** RFC 6750 §2.1: anything else cannot be sent in a header. */
const isToken = (text: string): boolean => /^[\w.~+/=-]+$/.test(text);

/** Signs in with another token; false when the server refuses it. */
export async function signIn(given: string): Promise<boolean> {
  if (!isToken(given.trim())) return false;
  keepToken(given);
  // Asked before anything else is touched: whoever is refused stays where they are.
  return (await check()) && begin();
}

export function signOut(): void {
  forgetToken();
  feed?.close();
  setSession(undefined);
  setLink("signed-out");
}

async function begin(): Promise<boolean> {
  if (!isToken(token())) {
    setLink("signed-out");
    return false;
  }
  setLink("connecting");
  feed?.connect();
  void readLists();
  return check();
}

/** Asks who this is. Away is not refused: it is asked again. */
async function check(): Promise<boolean> {
  clearTimeout(again);
  try {
    const { role, label } = await askSession();
    setSession({ role, label });
    return true;
  } catch (error) {
    if (error instanceof AskError && error.facts.status === 401) {
      feed?.close();
      return false;
    }
    clearTimeout(again);
    again = setTimeout(() => void check(), RETRY_MS);
    return true;
  }
}

const pageOf = <S extends z.ZodType>(item: S) => z.object({ items: z.array(item) });

async function readLists(): Promise<void> {
  await Promise.all([readZones(), readAlerts(), readEvents()]);
}

/** What cannot be had now is read again with the next round; its panel says why. */
async function readZones(): Promise<void> {
  if (token() === "" || document.hidden) return;
  const minute = minuteOf(store.getState().replay);
  const asked = askZones(undefined, minute === undefined ? undefined : minute * MINUTE_MS);
  const zones = await asked.catch(() => undefined);
  // Another moment may be on the screen by now; its own answer comes.
  if (zones !== undefined && minuteOf(store.getState().replay) === minute) setZones(zones);
}

async function readAlerts(): Promise<void> {
  const asked = server.ask({ path: "/v1/alerts", query: { limit: 200 }, answer: pageOf(Alert) });
  await asked.then(({ items }) => setAlerts(items)).catch(() => {});
}

async function readEvents(): Promise<void> {
  const query = { limit: 200 };
  const asked = server.ask({ path: "/v1/events", query, answer: pageOf(StoredEvent) });
  await asked.then(({ items }) => addEvents(items)).catch(() => {});
}
