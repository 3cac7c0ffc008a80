// What the page and the feed's worker say to each other.

import type { Alert } from "@drover/core/model/alert";
import type { StoredEvent } from "@drover/core/model/event";
import type { LiveSubscribe } from "@drover/core/model/live-messages";
import type { Patch } from "./patch.ts";

export type Wanted = Pick<LiveSubscribe, "box" | "kinds" | "text" | "everyMs">;

export type ToFeed =
  | { readonly kind: "connect"; readonly url: string; readonly token: string }
  | { readonly kind: "close" }
  | { readonly kind: "subscribe"; readonly wanted: Wanted }
  /** A patch's buffer, taken over: to be filled again. */
  | { readonly kind: "buffer"; readonly buffer: ArrayBuffer }
  /** What was at that moment, instead of the present; until `live`. */
  | {
      readonly kind: "replay";
      readonly url: string;
      readonly token: string;
      readonly at: number;
      readonly from: number;
      readonly to: number;
    }
  | { readonly kind: "live" };

export type FromFeed =
  | { readonly kind: "link"; readonly link: "connecting" | "live" | "stale" | "offline" }
  /** The server's clock less this machine's, ms. */
  | { readonly kind: "clock"; readonly skewMs: number }
  | { readonly kind: "patch"; readonly patch: Patch; readonly buffer: ArrayBuffer }
  /** The table is empty: what follows is of another time. */
  | { readonly kind: "clear" }
  | { readonly kind: "event"; readonly event: StoredEvent }
  | { readonly kind: "alert"; readonly alert: Alert }
  | { readonly kind: "skipped"; readonly what: "events" | "alerts" }
  /** Replay is waiting for the server, or not any more, or failed. */
  | { readonly kind: "replay"; readonly state: "loading" | "ready" | "failed" };
