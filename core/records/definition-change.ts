// How definitions change. A version is never edited: a change ends the one that holds and begins
// the next, a removal ends it alone. All of that, and the revision that tells watchers to look
// again, is one transaction; its first statement is the update of the revision's row, so that
// changes wait for each other and for nothing else.

import { createHash, randomBytes } from "node:crypto";
import type { Kysely, Transaction } from "kysely";
import { findKey, keepKey } from "./create-keys.ts";
import { slugOf, withSuffix } from "./definition-id.ts";
import { createDefinitionRows, headOf, moveRevision } from "./definition-rows.ts";
import type { NextVersion } from "./definition-rows.ts";
import type {
  ChangeOptions,
  Changed,
  CreateOptions,
  Created,
  DefinitionKind,
  Definitions,
  DefinitionsDeps,
  Put,
} from "./definitions.ts";
import { isSameJson } from "./same-json.ts";
import type { RecordsSchema } from "./schema.ts";
import type { DefinitionRow } from "./watch-tables.ts";

type Tx = Transaction<RecordsSchema>;

/** What one transaction may do, one definition at a time. */
interface Steps<Input, T> {
  create(tx: Tx, input: Input, options: CreateOptions): Promise<Created<T>>;
  change(tx: Tx, row: DefinitionRow, next: { input: Input; by: string }): Promise<Changed<T>>;
  remove(tx: Tx, row: DefinitionRow, by: string): Promise<Changed<T>>;
}

const SUFFIX_BYTES = 3;

export function createDefinitionChange<Input extends { readonly name: string }, T>(
  spec: DefinitionKind<Input, T>,
  deps: DefinitionsDeps,
): Pick<Definitions<Input, T>, "create" | "update" | "putAll" | "remove"> {
  const { db } = deps.records;
  const rows = createDefinitionRows(spec.kind);
  const steps = createSteps(spec, deps);

  /** Does `act` with the version that holds, unless the condition is not met. */
  const changingOne = (
    id: string,
    options: ChangeOptions,
    act: (tx: Tx, row: DefinitionRow) => Promise<Changed<T>>,
  ) =>
    changing(db, async (tx): Promise<Changed<T>> => {
      const row = await rows.newest(tx, id);
      if (row === undefined || row.valid_until !== null) return { kind: "unknown" };
      const { ifVersion = row.version } = options;
      if (ifVersion !== row.version) return { kind: "version-differs", version: row.version };
      return act(tx, row);
    });

  return {
    create: (input, options) => changing(db, (tx) => steps.create(tx, input, options)),
    update: (id, input, options) =>
      changingOne(id, options, (tx, row) => steps.change(tx, row, { input, by: options.by })),
    remove: (id, options) =>
      changingOne(id, options, (tx, row) => steps.remove(tx, row, options.by)),
    putAll: (items, { by }) =>
      changingAll(db, async (tx) => {
        const made: Put<T>[] = [];
        for (const { id, input } of items) {
          const row = await rows.newest(tx, id);
          const isThere = row?.valid_until === null;
          made.push(
            isThere
              ? await steps.change(tx, row, { input, by })
              : await steps.create(tx, input, { id, by }),
          );
        }
        return made;
      }),
  };
}

function createSteps<Input extends { readonly name: string }, T>(
  spec: DefinitionKind<Input, T>,
  deps: DefinitionsDeps,
): Steps<Input, T> {
  const { kind, countMax } = spec;
  const rows = createDefinitionRows(kind);
  const suffix = () => Buffer.from((deps.random ?? randomBytes)(SUFFIX_BYTES)).toString("hex");
  // Never through what readers keep: this transaction may yet fail.
  const valueOf = (row: DefinitionRow) => spec.build(spec.parse(JSON.parse(row.body)), headOf(row));
  const begin = async (tx: Tx, next: NextVersion) => valueOf(await rows.begin(tx, next));
  const freeId = async (tx: Tx, slug: string) =>
    (await rows.newest(tx, slug)) === undefined ? slug : withSuffix(slug, suffix());

  return {
    async create(tx, input, options) {
      const body = JSON.stringify(input);
      const key = { holder: options.by, kind, text: options.key, nowMs: deps.clock.now() };
      const bodyHash = hashOf(options.id ?? "", body);
      const used = await findKey(tx, key);
      if (used !== undefined) {
        const made = await rows.newest(tx, used.id);
        const isSame = used.bodyHash === bodyHash && made?.valid_until === null;
        return isSame ? { kind: "repeated", value: valueOf(made) } : { kind: "key-taken" };
      }
      const id = options.id ?? (await freeId(tx, slugOf(input.name, kind)));
      const before = await rows.newest(tx, id);
      if (before?.valid_until === null) return { kind: "exists" };
      if ((await rows.count(tx)) >= countMax) return { kind: "full", countMax };
      const from = Math.max(key.nowMs, before?.valid_until ?? 0);
      const version = (before?.version ?? 0) + 1;
      const value = await begin(tx, { id, version, body, from, by: options.by });
      await keepKey(tx, key, { id, bodyHash });
      return { kind: "created", value };
    },

    async change(tx, row, { input, by }) {
      const body = JSON.stringify(input);
      if (isSameJson(body, row.body)) return { kind: "unchanged", value: valueOf(row) };
      const from = endOf(row, deps.clock.now());
      await rows.end(tx, row, { valid_until: from });
      const value = await begin(tx, { id: row.id, version: row.version + 1, body, from, by });
      return { kind: "changed", value };
    },

    async remove(tx, row, by) {
      const until = endOf(row, deps.clock.now());
      await rows.end(tx, row, { valid_until: until, removed_by: by });
      return { kind: "changed", value: valueOf({ ...row, valid_until: until }) };
    },
  };
}

/** A clock that was set back must not end a version before it began. */
function endOf(row: DefinitionRow, nowMs: number): number {
  return Math.max(nowMs, row.valid_from);
}

/** Runs `change` as the only change of definitions; the revision stays when it changed nothing. */
async function changing<R extends { readonly kind: string }>(
  db: Kysely<RecordsSchema>,
  change: (tx: Tx) => Promise<R>,
): Promise<R> {
  const [result] = await changingAll(db, async (tx) => [await change(tx)] as const);
  return result;
}

function changingAll<R extends readonly { readonly kind: string }[]>(
  db: Kysely<RecordsSchema>,
  change: (tx: Tx) => Promise<R>,
): Promise<R> {
  return db.transaction().execute(async (tx) => {
    await moveRevision(tx, 0);
    const results = await change(tx);
    const isMoved = results.some(({ kind }) => kind === "created" || kind === "changed");
    if (isMoved) await moveRevision(tx, 1);
    return results;
  });
}

function hashOf(id: string, body: string): string {
  return createHash("sha256").update(`${id} ${body}`).digest("hex");
}
