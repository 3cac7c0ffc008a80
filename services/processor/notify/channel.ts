// What a channel is: it sends one message and says what became of it. It decides nothing about when.

import type { Channel } from "@drover/core/model/receiver";
import type { Message } from "@drover/core/records/notifications";

export type Outcome =
  /** The receiver took it. */
  | { readonly kind: "sent"; readonly detail: string }
  /** It may take it later. */
  | { readonly kind: "retry"; readonly detail: string; readonly retryAfterMs?: number | undefined }
  /** It will not take this message, however often it is sent. */
  | { readonly kind: "refused"; readonly detail: string };

export interface Outgoing<Of extends Channel> {
  readonly channel: Of;
  readonly message: Message;
  /** Name of the receiver, for people. */
  readonly receiver: string;
}

/** `send` answers for all that the receiver does; it throws only when the signal aborts. */
export interface ChannelSender<Of extends Channel> {
  send(outgoing: Outgoing<Of>, signal: AbortSignal): Promise<Outcome>;
}

/** What all senders need. */
export interface SenderDeps {
  readonly nowMs: () => number;
  /** May a connection be made to this address? See addresses.ts. */
  readonly allowsPrivate: boolean;
  /** Where the console is, for links in messages; none without it. */
  readonly consoleUrl: string | undefined;
}
