// A receiver: a person's or a system's address that is told of alerts. What is secret in it goes in and
// never comes out: an answer says only that there is one.

import { z } from "zod";
import { AlertMatch } from "./alert.ts";
import { severities } from "./severity.ts";

export const receiverKinds = ["webhook", "email", "telegram", "slack", "pagerduty"] as const;
export type ReceiverKind = (typeof receiverKinds)[number];

/** What may be told of an alert. */
export const tellings = ["raised", "escalated", "repeated", "acknowledged", "cleared"] as const;
export type Telling = (typeof tellings)[number];

const hour = 3_600_000;
/** Bounds and defaults of how a receiver is told. */
export const receiverLimits = {
  receivers: 100,
  recipients: 20,
  groupWaitMs: { min: 0, max: hour, default: 2_000 },
  groupIntervalMs: { min: 0, max: 24 * hour, default: 30_000 },
  repeatMs: { min: 60_000, max: 30 * 24 * hour, default: 4 * hour },
  budgetPerHour: { min: 1, max: 10_000, default: 30 },
  giveUpMs: { min: 1_000, max: 7 * 24 * hour, default: hour },
} as const;

const Secret = z.string().min(1).max(1_000);
const HttpUrl = z.url({ protocol: /^https?$/ }).max(2_000);

export const WebhookChannel = z.strictObject({
  kind: z.literal("webhook"),
  url: HttpUrl,
  /** Signs every request; made by Drover and shown once when it is absent. */
  secret: Secret.min(16).optional(),
});
export const EmailChannel = z.strictObject({
  kind: z.literal("email"),
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(587),
  /** `starttls` refuses to go on without it; `implicit` is TLS from the first byte (465); `none` only for a relay on a trusted network. */
  tls: z.enum(["starttls", "implicit", "none"]).default("starttls"),
  user: z.string().min(1).max(320).optional(),
  password: Secret.optional(),
  /** Certificate of an authority of one's own, in PEM; the system's are trusted when absent. */
  caPem: z.string().max(20_000).optional(),
  from: z.email().max(320),
  to: z.array(z.email().max(320)).min(1).max(receiverLimits.recipients),
});
export const TelegramChannel = z.strictObject({
  kind: z.literal("telegram"),
  /** As @BotFather gave it. */
  token: z.string().regex(/^\d{1,20}:[\w-]{20,100}$/),
  /** A chat's number, or `@name` of a public channel. */
  chat: z.string().regex(/^(-?\d{1,20}|@\w{3,64})$/),
  /** A topic of a forum group. */
  thread: z.int().min(1).optional(),
  /** Where the Bot API is; one's own server of it may stand elsewhere. */
  apiUrl: HttpUrl.default("https://api.telegram.org"),
});
export const SlackChannel = z.strictObject({
  kind: z.literal("slack"),
  /** The incoming webhook's address, which is itself the secret. */
  url: HttpUrl,
});
export const PagerdutyChannel = z.strictObject({
  kind: z.literal("pagerduty"),
  /** Integration key of an Events API v2 integration. */
  routingKey: z.string().regex(/^[A-Za-z0-9]{32}$/),
  /** `https://events.eu.pagerduty.com` for accounts in the EU. */
  apiUrl: HttpUrl.default("https://events.pagerduty.com"),
});
export const Channel = z.discriminatedUnion("kind", [
  WebhookChannel,
  EmailChannel,
  TelegramChannel,
  SlackChannel,
  PagerdutyChannel,
]);
export type Channel = z.infer<typeof Channel>;

const within = (bounds: { min: number; max: number; default: number }) =>
  z.int().min(bounds.min).max(bounds.max).default(bounds.default);

const receiverFields = {
  name: z.string().trim().min(1).max(120),
  isEnabled: z.boolean().default(true),
  /** Which alerts; all when absent. */
  match: AlertMatch.default({}),
  /** Only alerts at least so bad. */
  severityMin: z.enum(severities).default("info"),
  tell: z
    .array(z.enum(tellings))
    .min(1)
    .max(tellings.length)
    .default([...tellings]),
  /** How long the first message waits for others to join it. */
  groupWaitMs: within(receiverLimits.groupWaitMs),
  /** Shortest time between two messages. */
  groupIntervalMs: within(receiverLimits.groupIntervalMs),
  /** An alert that nobody acknowledged is told again after this. */
  repeatMs: within(receiverLimits.repeatMs),
  /** Messages an hour; what is beyond goes into a digest. */
  budgetPerHour: within(receiverLimits.budgetPerHour),
  /** A message that could not be delivered for so long is given up, and that is said. */
  giveUpMs: within(receiverLimits.giveUpMs),
};

/** What a person writes. In a change, a secret that is left out stays as it is. */
export const ReceiverInput = z.strictObject({ ...receiverFields, channel: Channel });
export type ReceiverInput = z.infer<typeof ReceiverInput>;

export const receiverId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

/** With its secrets: stays between the store and the notifier. */
export interface Receiver extends ReceiverInput {
  readonly id: string;
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A channel without what is secret; `hasX` says what was given. */
export const ChannelView = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("webhook"), url: z.string(), hasSecret: z.boolean() }),
  EmailChannel.omit({ password: true }).extend({ hasPassword: z.boolean() }),
  TelegramChannel.omit({ token: true }).extend({ hasToken: z.literal(true) }),
  z.strictObject({ kind: z.literal("slack"), host: z.string(), hasUrl: z.literal(true) }),
  PagerdutyChannel.omit({ routingKey: true }).extend({ hasRoutingKey: z.literal(true) }),
]);
export type ChannelView = z.infer<typeof ChannelView>;

/** How it went lately. Times are epoch ms. */
export const ReceiverStatus = z.strictObject({
  /** Tellings that wait, and those of messages under way. */
  waiting: z.int(),
  lastSentAt: z.int().optional(),
  lastFailedAt: z.int().optional(),
  lastFailure: z.string().optional(),
  /** When the message under way is tried next. */
  nextTryAt: z.int().optional(),
  /** Messages given up in the last 24 h. */
  gaveUp: z.int(),
  sentLastHour: z.int(),
});
export type ReceiverStatus = z.infer<typeof ReceiverStatus>;

/** As it is served. */
export const ReceiverView = z.strictObject({
  id: receiverId,
  ...receiverFields,
  channel: ChannelView,
  version: z.int(),
  createdAt: z.int(),
  updatedAt: z.int(),
  status: ReceiverStatus,
});
export type ReceiverView = z.infer<typeof ReceiverView>;

/** Who was told what of an alert, and how that went. */
export const Told = z.strictObject({
  receiver: z.string(),
  what: z.enum([...tellings, "test"]),
  at: z.int(),
  state: z.enum(["waiting", "sent", "gave-up", "dropped"]),
  /** When it was taken by the receiver, or given up. */
  endedAt: z.int().optional(),
  attempts: z.int(),
  /** The message it went in; the receiver sees the same id at each try. */
  message: z.string().optional(),
  /** What the receiver answered last, or why it was not sent. */
  detail: z.string().optional(),
});
export type Told = z.infer<typeof Told>;
