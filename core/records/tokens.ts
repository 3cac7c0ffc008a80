// Access tokens. The text is shown once, when it is made; the store keeps its SHA-256, which is
// enough because the text holds 256 random bits: there is nothing to guess and nothing to salt.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { edgePattern } from "../model/ids.ts";
import type { Principal } from "../service/auth.ts";
import type { Clock } from "../service/clock.ts";
import type { Records } from "./open.ts";
import type { TokenRow } from "./schema.ts";

export const TokenRole = z.enum(["edge", "viewer", "operator", "admin"]);

export const NewToken = z.strictObject({
  role: TokenRole,
  /** For people: whose token it is. */
  label: z.string().min(1).max(200),
  /** Binds the token to one edge; only a token of role `edge` can be bound. */
  edge: z.string().regex(edgePattern).optional(),
  /** Epoch ms; absent: until revoked. */
  expiresAt: z.int().min(0).optional(),
});
export type NewToken = z.infer<typeof NewToken>;

/** What is known of a token; never the text. Times are epoch ms. */
export interface TokenRecord {
  readonly id: string;
  readonly role: z.infer<typeof TokenRole>;
  readonly label: string;
  readonly edge?: string;
  readonly createdAt: number;
  /** To the minute. */
  readonly lastUsedAt?: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}

export interface FoundToken {
  readonly principal: Principal;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
}

export interface Tokens {
  /** Makes a token; `token` is its text and is never told again. @throws ZodError */
  create(wanted: NewToken): Promise<{ token: string; record: TokenRecord }>;
  /** Newest first, at most `limit`; revoked and expired ones too. */
  list(limit?: number): Promise<readonly TokenRecord[]>;
  /** Undefined when there is no such token. */
  get(id: string): Promise<TokenRecord | undefined>;
  /** True when there was such a token; revoking twice keeps the first time. */
  revoke(id: string): Promise<boolean>;
  /** Who holds the token; undefined when it is unknown, revoked or expired. Not cached. */
  find(token: string): Promise<FoundToken | undefined>;
  /** Notes that a token was used, unless that was noted within `lastUsedStepMs`. */
  touch(id: string): Promise<void>;
}

export interface TokensDeps {
  readonly records: Records;
  readonly clock: Pick<Clock, "now">;
  /** Random bytes; the system's when absent. */
  readonly random?: (count: number) => Uint8Array;
}

const SECRET_BYTES = 32;
const ID_BYTES = 8;
const LIST_MAX = 1_000;
/** How coarse `lastUsedAt` is: one write a minute for each token. */
export const lastUsedStepMs = 60_000;
/** Anything else cannot be a token of ours and is not looked up. */
const tokenPattern = /^drv_(?:edge|viewer|operator|admin)_[A-Za-z0-9_-]{43}$/;

export function createTokens(deps: TokensDeps): Tokens {
  const { db } = deps.records;
  const random = deps.random ?? randomBytes;

  return {
    async create(wanted) {
      const { role, label, edge, expiresAt } = NewToken.refine(
        (token) => token.edge === undefined || token.role === "edge",
        { error: "only a token of role edge can be bound to an edge", path: ["edge"] },
      ).parse(wanted);
      const token = `drv_${role}_${Buffer.from(random(SECRET_BYTES)).toString("base64url")}`;
      const row: TokenRow = {
        id: `tok_${Buffer.from(random(ID_BYTES)).toString("hex")}`,
        hash: hashOf(token).toString("hex"),
        label,
        role,
        edge: edge ?? null,
        created_at: deps.clock.now(),
        last_used_at: null,
        expires_at: expiresAt ?? null,
        revoked_at: null,
      };
      await db.insertInto("token").values(row).execute();
      return { token, record: recordOf(row) };
    },

    async list(limit = LIST_MAX) {
      const rows = await db
        .selectFrom("token")
        .selectAll()
        .orderBy("created_at", "desc")
        .orderBy("id")
        .limit(Math.min(limit, LIST_MAX))
        .execute();
      return rows.map(recordOf);
    },

    async get(id) {
      const row = await db.selectFrom("token").selectAll().where("id", "=", id).executeTakeFirst();
      return row && recordOf(row);
    },

    async revoke(id) {
      const nowMs = deps.clock.now();
      const [result] = await db
        .updateTable("token")
        .set((column) => ({ revoked_at: column.fn.coalesce("revoked_at", column.val(nowMs)) }))
        .where("id", "=", id)
        .execute();
      return result !== undefined && result.numUpdatedRows > 0n;
    },

    find: (token) => findToken(token, deps),

    async touch(id) {
      const nowMs = deps.clock.now();
      const before = nowMs - lastUsedStepMs;
      await db
        .updateTable("token")
        .set({ last_used_at: nowMs })
        .where("id", "=", id)
        .where((token) =>
          token.or([token("last_used_at", "is", null), token("last_used_at", "<=", before)]),
        )
        .execute();
    },
  };
}

async function findToken(token: string, deps: TokensDeps): Promise<FoundToken | undefined> {
  if (!tokenPattern.test(token)) return undefined;
  const hash = hashOf(token);
  const row = await deps.records.db
    .selectFrom("token")
    .selectAll()
    .where("hash", "=", hash.toString("hex"))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  // The index compares byte by byte; the answer hangs on this comparison alone.
  if (!timingSafeEqual(hash, Buffer.from(row.hash, "hex"))) return undefined;
  const isExpired = row.expires_at !== null && row.expires_at <= deps.clock.now();
  if (row.revoked_at !== null || isExpired) return undefined;
  const bound = row.edge === null ? {} : { edge: row.edge };
  return {
    principal: { tokenId: row.id, role: row.role, ...bound },
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
  };
}

function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function recordOf(row: TokenRow): TokenRecord {
  return {
    id: row.id,
    role: row.role,
    label: row.label,
    createdAt: row.created_at,
    ...(row.edge === null ? {} : { edge: row.edge }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
  };
}
