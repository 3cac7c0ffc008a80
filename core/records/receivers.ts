// Receivers: who is told of alerts. Their secrets are stored as they were given, in the file or database
// of the records alone (the embedded store's folder belongs to its user); no answer, log line or
// message carries them.

import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import { z } from "zod";
import {
  Channel,
  ChannelView,
  type Receiver,
  ReceiverInput,
  receiverLimits,
  type ReceiverStatus,
  type ReceiverView,
} from "../model/receiver.ts";
import type { Clock } from "../service/clock.ts";
import { lockAlerts } from "./alert-rows.ts";
import type { Records } from "./open.ts";
import type { RecordsSchema } from "./schema.ts";
import { dropTellings, readReceivers, receiverOf } from "./telling-rows.ts";

export type ReceiverChange =
  | { readonly kind: "changed"; readonly receiver: Receiver }
  | { readonly kind: "unknown" }
  | { readonly kind: "version-differs"; readonly version: number };

export interface Receivers {
  /** By id, secrets included: for the notifier. One that this program cannot read is left out. */
  list(): Promise<readonly Receiver[]>;
  get(id: string): Promise<Receiver | undefined>;
  /** Whether there is one, be it one that this program cannot read. */
  isThere(id: string): Promise<boolean>;
  /** Undefined when there are `receiverLimits.receivers` already. A webhook gets a secret when it has none. */
  create(input: z.input<typeof ReceiverInput>): Promise<Receiver | undefined>;
  /**
   * A secret that is left out stays, as long as the channel is of the same kind and what is sent with
   * it goes to the same place. @throws ZodError
   */
  update(id: string, input: unknown, ifVersion?: number): Promise<ReceiverChange>;
  /** What waits for it is dropped. True when there was one. */
  remove(id: string): Promise<boolean>;
}

export interface ReceiversDeps {
  readonly records: Records;
  readonly clock: Pick<Clock, "now">;
  /** Random bytes; the system's when absent. */
  readonly random?: (count: number) => Uint8Array;
}

const secretFields = {
  webhook: ["secret"],
  email: ["password"],
  telegram: ["token"],
  slack: ["url"],
  pagerduty: ["routingKey"],
} as const satisfies Record<Channel["kind"], readonly string[]>;

/** Where a secret is sent. Who moves it must know the secret: else it could be read at the new place. */
const placeFields = {
  // A signature is sent, never the secret.
  webhook: [],
  email: ["host", "port", "tls", "caPem"],
  telegram: ["apiUrl"],
  slack: [],
  pagerduty: ["apiUrl"],
} as const satisfies Record<Channel["kind"], readonly string[]>;

const SECRET_BYTES = 32;

export function createReceivers(deps: ReceiversDeps): Receivers {
  const { db } = deps.records;
  const random = deps.random ?? randomBytes;

  const complete = (input: ReceiverInput): ReceiverInput => ({
    ...input,
    channel: withOwnSecret(input.channel, random),
  });

  return {
    list: () => readReceivers(db),
    get: (id) => readReceiver(db, id),

    async isThere(id) {
      const row = await db
        .selectFrom("receiver")
        .select("id")
        .where("id", "=", id)
        .executeTakeFirst();
      return row !== undefined;
    },

    create: (wanted) =>
      db.transaction().execute(async (tx) => {
        const nowMs = deps.clock.now();
        await lockAlerts(tx);
        if ((await readReceivers(tx)).length >= receiverLimits.receivers) return undefined;
        const input = complete(ReceiverInput.parse(wanted));
        const id = `${slugOf(input.name)}-${Buffer.from(random(3)).toString("hex")}`;
        const row = {
          id,
          version: 1,
          created_at: nowMs,
          updated_at: nowMs,
          body: JSON.stringify(input),
        };
        await tx.insertInto("receiver").values(row).execute();
        return receiverOf(row);
      }),

    update: (id, wanted, ifVersion) =>
      db.transaction().execute(async (tx): Promise<ReceiverChange> => {
        await lockAlerts(tx);
        const found = await readReceiver(tx, id);
        if (found === undefined) return { kind: "unknown" };
        const { version } = found;
        if (ifVersion !== undefined && ifVersion !== version) {
          return { kind: "version-differs", version };
        }
        const input = complete(ReceiverInput.parse(withSecrets(wanted, found.channel)));
        const change = {
          version: version + 1,
          updated_at: deps.clock.now(),
          body: JSON.stringify(input),
        };
        await tx.updateTable("receiver").set(change).where("id", "=", id).execute();
        return {
          kind: "changed",
          receiver: receiverOf({ id, created_at: found.createdAt, ...change }),
        };
      }),

    remove: (id) =>
      db.transaction().execute(async (tx) => {
        await lockAlerts(tx);
        const [removed] = await tx.deleteFrom("receiver").where("id", "=", id).execute();
        await dropTellings(tx, id, "the receiver was removed", deps.clock.now());
        return (removed?.numDeletedRows ?? 0n) > 0n;
      }),
  };
}

/** A webhook is always signed. */
function withOwnSecret(channel: Channel, random: (count: number) => Uint8Array): Channel {
  if (channel.kind !== "webhook" || channel.secret !== undefined) return channel;
  return { ...channel, secret: `whsec_${Buffer.from(random(SECRET_BYTES)).toString("base64url")}` };
}

async function readReceiver(db: Kysely<RecordsSchema>, id: string): Promise<Receiver | undefined> {
  const row = await db.selectFrom("receiver").selectAll().where("id", "=", id).executeTakeFirst();
  return row && receiverOf(row);
}

/** What may be shown of a receiver. */
export function viewOf(receiver: Receiver, status: ReceiverStatus): ReceiverView {
  return { ...receiver, channel: channelViewOf(receiver.channel), status };
}

function channelViewOf(channel: Channel): ChannelView {
  switch (channel.kind) {
    case "webhook":
      return { kind: "webhook", url: publicUrl(channel.url), hasSecret: true };
    case "email": {
      const { password, ...rest } = channel;
      return ChannelView.parse({ ...rest, hasPassword: password !== undefined });
    }
    case "telegram": {
      const { token: _token, ...rest } = channel;
      return { ...rest, hasToken: true };
    }
    case "slack":
      return { kind: "slack", host: new URL(channel.url).host, hasUrl: true };
    case "pagerduty": {
      const { routingKey: _key, ...rest } = channel;
      return { ...rest, hasRoutingKey: true };
    }
  }
}

/** A segment of a path that is so long may be a key. */
const KEY_CHARS_MIN = 16;

/** People put secrets into addresses: a user, a password, the values of a query and keys in the path are not shown. */
function publicUrl(text: string): string {
  const url = new URL(text);
  if (url.username !== "") url.username = "***";
  if (url.password !== "") url.password = "***";
  for (const name of new Set(url.searchParams.keys())) url.searchParams.set(name, "***");
  url.pathname = url.pathname
    .split("/")
    .map((segment) => (segment.length >= KEY_CHARS_MIN ? "***" : segment))
    .join("/");
  return url.toString();
}

/** Takes over the secrets that a change leaves out. @throws ZodError when it moves where they are sent. */
function withSecrets(wanted: unknown, known: Channel): unknown {
  if (!isObject(wanted) || !isObject(wanted["channel"])) return wanted;
  const channel = wanted["channel"];
  if (channel["kind"] !== known.kind) return wanted;
  const kept: Record<string, unknown> = {};
  const old: Record<string, unknown> = known;
  for (const field of secretFields[known.kind]) {
    if (channel[field] === undefined && old[field] !== undefined) kept[field] = old[field];
  }
  // Given back as it is shown, an address stays as it is.
  if (known.kind === "webhook" && channel["url"] === publicUrl(known.url)) kept["url"] = known.url;
  if (Object.keys(kept).length === 0) return wanted;
  const complete = { ...wanted, channel: { ...channel, ...kept } };
  // What is left out is compared as its default. What is malformed the caller's parsing refuses.
  const next = Channel.safeParse(complete.channel);
  if (!next.success) return complete;
  const asked: Record<string, unknown> = next.data;
  const moved = placeFields[known.kind].find((field) => asked[field] !== old[field]);
  if (moved === undefined) return complete;
  const issues = Object.keys(kept).map((field) => ({
    code: "custom" as const,
    path: ["channel", field],
    message: `must be given again, because ${moved} changes where it is sent`,
    input: undefined,
  }));
  throw new z.ZodError(issues);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function slugOf(name: string): string {
  const slug = name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, "");
  return slug === "" ? "receiver" : slug;
}
