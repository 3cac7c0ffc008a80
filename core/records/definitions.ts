// Definitions (zones, rules) in versions. A version is never edited: a change ends the one that
// holds and begins the next, a removal ends it alone. All of that, and the revision that tells
// watchers to look again, is one transaction; its first statement is the update of the revision's
// row, so that changes wait for each other and for nothing else.

import { createHash, randomBytes } from "node:crypto";
import type { Transaction } from "kysely";
import type { Clock } from "../service/clock.ts";
import { createBodies } from "./definition-bodies.ts";
import { findKey, keepKey } from "./create-keys.ts";
import type { Records } from "./open.ts";
import type { RecordsSchema } from "./schema.ts";
import type { DefinitionRow } from "./watch-tables.ts";

export interface DefinitionsDeps {
  readonly records: Records;
  readonly clock: Pick<Clock, "now">;
  /** Random bytes; the system's when absent. */
  readonly random?: (count: number) => Uint8Array;
}

/** Who changes, by the id of their token, and under which condition. */
export interface ChangeOptions {
  readonly by: string;
  /** The version that the change was made against; whichever holds when absent. */
  readonly ifVersion?: number | undefined;
}

export interface CreateOptions {
  readonly by: string;
  /** Made from the name when absent. */
  readonly id?: string | undefined;
  /** The same key of the same `by` within 24 h gives what it made the first time. */
  readonly key?: string | undefined;
}

export type Created<T> =
  | { readonly kind: "created"; readonly value: T }
  /** The key was used before; the value is what it made, as it is now. */
  | { readonly kind: "repeated"; readonly value: T }
  /** The key was used before for something else, or what it made is gone. */
  | { readonly kind: "key-taken" }
  | { readonly kind: "exists" }
  | { readonly kind: "full"; readonly countMax: number };

export type Changed<T> =
  | { readonly kind: "changed"; readonly value: T }
  /** It was like this already: no new version. */
  | { readonly kind: "unchanged"; readonly value: T }
  | { readonly kind: "unknown" }
  | { readonly kind: "version-differs"; readonly version: number };

export interface Version<T> {
  readonly value: T;
  /** Id of the token that made it. */
  readonly by: string;
  readonly validFrom: number;
  readonly validUntil: number | undefined;
  /** Set on the last version of what was removed. */
  readonly removedBy: string | undefined;
}

export interface Definitions<Input, T> {
  /** Grows with any change of any zone or rule. Read it before `list`: then no change is missed. */
  revision(): Promise<number>;
  /** What holds now, or held at a time (epoch ms), by id; disabled ones too. */
  list(options?: { readonly at?: number | undefined }): Promise<readonly T[]>;
  get(id: string, at?: number): Promise<T | undefined>;
  create(input: Input, options: CreateOptions): Promise<Created<T>>;
  update(id: string, input: Input, options: ChangeOptions): Promise<Changed<T>>;
  /** The value is the version that was the last. */
  remove(id: string, options: ChangeOptions): Promise<Changed<T>>;
  /** Newest first, the newest `versionsMax`; empty when there never was one. */
  versions(id: string): Promise<readonly Version<T>[]>;
}

/** What distinguishes one kind of definition from another. */
export interface DefinitionKind<Input, T> {
  readonly kind: "zone" | "rule";
  readonly countMax: number;
  /** Reads what is stored. @throws ZodError */
  parse(body: unknown): Input;
  build(input: Input, head: DefinitionHead): T;
}

export interface DefinitionHead {
  readonly id: string;
  readonly version: number;
  readonly validFrom: number;
  readonly validUntil: number | undefined;
}

/** Versions kept of each definition. Bound: drop-oldest. */
export const versionsMax = 1_000;
const ID_CHARS_MAX = 64;
const SUFFIX_BYTES = 3;

export function createDefinitions<Input extends { readonly name: string }, T>(
  spec: DefinitionKind<Input, T>,
  deps: DefinitionsDeps,
): Definitions<Input, T> {
  const { db } = deps.records;
  const { kind } = spec;
  const random = deps.random ?? randomBytes;
  const bodies = createBodies(spec, db);
  const valueOf = (row: DefinitionRow) => spec.build(bodies.read(row), headOf(row));

  /** Runs `change` as the only change of definitions; the revision stays when it changed nothing. */
  function changing<R extends { readonly kind: string }>(
    change: (tx: Transaction<RecordsSchema>) => Promise<R>,
  ): Promise<R> {
    return db.transaction().execute(async (tx) => {
      await moveRevision(tx, 0);
      const result = await change(tx);
      if (result.kind === "created" || result.kind === "changed") await moveRevision(tx, 1);
      return result;
    });
  }

  const current = (tx: Transaction<RecordsSchema>, id: string) =>
    tx
      .selectFrom("definition")
      .selectAll()
      .where("kind", "=", kind)
      .where("id", "=", id)
      .orderBy("version", "desc")
      .limit(1)
      .executeTakeFirst();

  async function begin(
    tx: Transaction<RecordsSchema>,
    next: { id: string; version: number; body: string; from: number; by: string },
  ): Promise<T> {
    const row: DefinitionRow = {
      kind,
      id: next.id,
      version: next.version,
      body: next.body,
      valid_from: next.from,
      valid_until: null,
      changed_by: next.by,
      removed_by: null,
    };
    await tx.insertInto("definition").values(row).execute();
    await tx
      .deleteFrom("definition")
      .where("kind", "=", kind)
      .where("id", "=", next.id)
      .where("version", "<=", next.version - versionsMax)
      .execute();
    // Not through what is kept: this transaction may yet fail.
    return spec.build(spec.parse(JSON.parse(row.body)), headOf(row));
  }

  async function freeId(tx: Transaction<RecordsSchema>, name: string): Promise<string> {
    const slug = slugOf(name, kind);
    if ((await current(tx, slug)) === undefined) return slug;
    const suffix = Buffer.from(random(SUFFIX_BYTES)).toString("hex");
    return `${slug.slice(0, ID_CHARS_MAX - suffix.length - 1)}-${suffix}`;
  }

  /** Ends the version that holds, unless the condition is not met; `act` says how it goes on. */
  function ending(
    id: string,
    options: ChangeOptions,
    act: (tx: Transaction<RecordsSchema>, row: DefinitionRow, now: number) => Promise<Changed<T>>,
  ): Promise<Changed<T>> {
    return changing(async (tx): Promise<Changed<T>> => {
      const row = await current(tx, id);
      if (row === undefined || row.valid_until !== null) return { kind: "unknown" };
      const { ifVersion = row.version } = options;
      if (ifVersion !== row.version) return { kind: "version-differs", version: row.version };
      // A clock that was set back must not end a version before it began.
      return act(tx, row, Math.max(deps.clock.now(), row.valid_from));
    });
  }

  const end = (tx: Transaction<RecordsSchema>, row: DefinitionRow, set: EndColumns) =>
    tx
      .updateTable("definition")
      .set(set)
      .where("kind", "=", kind)
      .where("id", "=", row.id)
      .where("version", "=", row.version)
      .execute();

  return {
    async revision() {
      const row = await db
        .selectFrom("watch_counter")
        .select("value")
        .where("name", "=", "revision")
        .executeTakeFirstOrThrow();
      return row.value;
    },

    async list({ at } = {}) {
      const found = await bodies.select({ at });
      return found.map(({ head, input }) => spec.build(input, headOf(head)));
    },

    async get(id, at) {
      const [found] = await bodies.select({ at, id });
      return found && spec.build(found.input, headOf(found.head));
    },

    create: (input, options) =>
      changing(async (tx): Promise<Created<T>> => {
        const body = JSON.stringify(input);
        const key = { holder: options.by, kind, text: options.key, nowMs: deps.clock.now() };
        const bodyHash = createHash("sha256")
          .update(`${options.id ?? ""} ${body}`)
          .digest("hex");
        const used = await findKey(tx, key);
        if (used !== undefined) {
          const made = await current(tx, used.id);
          const isSame = used.bodyHash === bodyHash && made?.valid_until === null;
          return isSame ? { kind: "repeated", value: valueOf(made) } : { kind: "key-taken" };
        }
        const id = options.id ?? (await freeId(tx, input.name));
        const before = await current(tx, id);
        if (before?.valid_until === null) return { kind: "exists" };
        if ((await countOf(tx, kind)) >= spec.countMax) {
          return { kind: "full", countMax: spec.countMax };
        }
        const from = Math.max(key.nowMs, before?.valid_until ?? 0);
        const version = (before?.version ?? 0) + 1;
        const value = await begin(tx, { id, version, body, from, by: options.by });
        await keepKey(tx, key, { id, bodyHash });
        return { kind: "created", value };
      }),

    update: (id, input, options) =>
      ending(id, options, async (tx, row, now) => {
        const body = JSON.stringify(input);
        if (isSameJson(body, row.body)) return { kind: "unchanged", value: valueOf(row) };
        await end(tx, row, { valid_until: now });
        const next = { id, version: row.version + 1, body, from: now, by: options.by };
        return { kind: "changed", value: await begin(tx, next) };
      }),

    remove: (id, options) =>
      ending(id, options, async (tx, row, now) => {
        await end(tx, row, { valid_until: now, removed_by: options.by });
        return { kind: "changed", value: valueOf({ ...row, valid_until: now }) };
      }),

    async versions(id) {
      const rows = await db
        .selectFrom("definition")
        .selectAll()
        .where("kind", "=", kind)
        .where("id", "=", id)
        .orderBy("version", "desc")
        .limit(versionsMax)
        .execute();
      return rows.map((row) => ({
        value: valueOf(row),
        by: row.changed_by,
        validFrom: row.valid_from,
        validUntil: row.valid_until ?? undefined,
        removedBy: row.removed_by ?? undefined,
      }));
    },
  };
}

type EndColumns = { readonly valid_until: number; readonly removed_by?: string };

/** Takes the lock of the row, too. */
async function moveRevision(tx: Transaction<RecordsSchema>, by: number): Promise<void> {
  await tx
    .updateTable("watch_counter")
    .set((column) => ({ value: column("value", "+", by) }))
    .where("name", "=", "revision")
    .execute();
}

async function countOf(tx: Transaction<RecordsSchema>, kind: "zone" | "rule"): Promise<number> {
  const { count } = await tx
    .selectFrom("definition")
    .select((column) => column.fn.countAll<number>().as("count"))
    .where("kind", "=", kind)
    .where("valid_until", "is", null)
    .executeTakeFirstOrThrow();
  return count;
}

function headOf(
  row: Pick<DefinitionRow, "id" | "version" | "valid_from" | "valid_until">,
): DefinitionHead {
  return {
    id: row.id,
    version: row.version,
    validFrom: row.valid_from,
    validUntil: row.valid_until ?? undefined,
  };
}

/** `Darwin, RAAF base` → `darwin-raaf-base`; the kind's word when the name has no letter of ASCII. */
function slugOf(name: string, kind: string): string {
  const slug = name
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "")
    .slice(0, ID_CHARS_MAX)
    .replace(/-$/, "");
  return slug === "" ? kind : slug;
}

/** The order of fields is the writer's and means nothing. */
function isSameJson(one: string, other: string): boolean {
  return one === other || sorted(one) === sorted(other);
}

function sorted(text: string): string {
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
