// Receivers: who is told of alerts. Their secrets are stored as they were given, in the file or database
// of the records alone (the embedded store's folder belongs to its user); no answer, log line or
// message carries them.

import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { z } from "zod";
import {
  type Channel,
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
  /** By id, secrets included: for the notifier. */
  list(): Promise<readonly Receiver[]>;
  get(id: string): Promise<Receiver | undefined>;
  /** Undefined when there are `receiverLimits.receivers` already. A webhook gets a secret when it has none. */
  create(input: z.input<typeof ReceiverInput>): Promise<Receiver | undefined>;
  /** A secret that is left out stays, as long as the channel is of the same kind. @throws ZodError */
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

/** People put secrets into addresses; a password and the values of a query are not shown. */
function publicUrl(text: string): string {
  const url = new URL(text);
  if (url.password !== "") url.password = "***";
  for (const name of new Set(url.searchParams.keys())) url.searchParams.set(name, "***");
  return url.toString();
}

/** Takes over the secrets that a change leaves out. */
function withSecrets(wanted: unknown, known: Channel): unknown {
  if (!isObject(wanted) || !isObject(wanted["channel"])) return wanted;
  const channel = wanted["channel"];
  if (channel["kind"] !== known.kind) return wanted;
  const kept: Record<string, unknown> = {};
  const old: Record<string, unknown> = known;
  for (const field of secretFields[known.kind]) {
    if (channel[field] === undefined && old[field] !== undefined) kept[field] = old[field];
  }
  return { ...wanted, channel: { ...channel, ...kept } };
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
