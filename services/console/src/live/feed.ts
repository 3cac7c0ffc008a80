// The one feed of the page: starts the worker, keeps the table of movers, and passes on what else the
// server tells. Replay fills the same table through the same worker.

import { addEvents, putAlert, setLink, setReplay, toast } from "../state/actions.ts";
import { store } from "../state/store.ts";
import type { Replay } from "../state/store.ts";
import { token } from "../state/token.ts";
import type { FromFeed, ToFeed, Wanted } from "./feed-messages.ts";
import { MoverTable } from "./movers.ts";

/** What moves: read its columns, listen for changes. */
export const movers = new MoverTable();

/** Which of these is the moment on the screen. */
let skewMs = 0;
let replayState: "loading" | "ready" | "failed" = "ready";

/** Now, by the server's clock, epoch ms. */
export const serverNowMs = (): number => Date.now() + skewMs;
/** The moment on the screen: what is replayed, or now. */
export const shownMs = (): number => store.getState().replay?.at ?? serverNowMs();
export const isReplayLoading = (): boolean => replayState === "loading";

export interface Feed {
  /** With the token of this tab. */
  connect(): void;
  close(): void;
  subscribe(wanted: Wanted): void;
}

export interface FeedListener {
  /** The connection broke: the token may be no good any more. */
  readonly onOffline: () => void;
  /** More happened than the connection tells: read the lists again. */
  readonly onSkipped: (what: "events" | "alerts") => void;
}

/** Starts the worker; to be called once. */
export function startFeed(listener: FeedListener): Feed {
  const worker = new Worker(new URL("feed.worker.ts", import.meta.url), { type: "module" });
  const say = (message: ToFeed, transfer: Transferable[] = []): void =>
    worker.postMessage(message, transfer);
  const sayReplay = ({ at, from, to }: Replay): void =>
    say({ kind: "replay", url: `${location.origin}/v1/replay`, token: token(), at, from, to });

  worker.addEventListener("message", ({ data }: MessageEvent<FromFeed>) => {
    take(data, listener);
    if (data.kind === "patch") say({ kind: "buffer", buffer: data.buffer }, [data.buffer]);
  });

  store.subscribe(({ replay }, before) => {
    if (replay === before.replay) return;
    if (replay === undefined) return say({ kind: "live" });
    if (!isSameMoment(replay, before.replay)) sayReplay(replay);
  });
  return {
    connect() {
      // An address that shows a replay set it before anybody listened.
      const { replay } = store.getState();
      if (replay !== undefined) sayReplay(replay);
      const url = `${location.origin.replace(/^http/, "ws")}/v1/live`;
      say({ kind: "connect", url, token: token() });
    },
    close: () => say({ kind: "close" }),
    subscribe: (wanted) => say({ kind: "subscribe", wanted }),
  };
}

/** Whether it plays, and how fast, is nothing to the worker. */
const isSameMoment = (one: Replay, other: Replay | undefined): boolean =>
  one.at === other?.at && one.from === other.from && one.to === other.to;

function take(message: FromFeed, listener: FeedListener): void {
  switch (message.kind) {
    case "patch":
      return movers.apply(message.patch);
    case "clear":
      return movers.clear();
    case "clock":
      skewMs = message.skewMs;
      return;
    case "event":
      return addEvents([message.event]);
    case "alert":
      putAlert(message.alert);
      if (message.alert.state === "raised") toast(message.alert.title, message.alert.id);
      return;
    case "skipped":
      return listener.onSkipped(message.what);
    case "replay":
      replayState = message.state;
      if (message.state === "failed") stopReplay();
      return;
    case "link":
      if (store.getState().link !== "signed-out") setLink(message.link);
      if (message.link === "offline") listener.onOffline();
  }
}

const REPLAY_FAILED = "Replay: the server did not answer";

/** One that plays would ask again with every step; who plays it on asks again. */
function stopReplay(): void {
  const { replay, toasts } = store.getState();
  if (replay?.isPlaying === true) setReplay({ isPlaying: false });
  if (!toasts.some(({ text }) => text === REPLAY_FAILED)) toast(REPLAY_FAILED);
}
