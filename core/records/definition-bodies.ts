// Reads definitions. A version never changes, so what was parsed once is kept: a watcher that looks
// again after one change of ten thousand zones reads and parses one.

import type { Kysely } from "kysely";
import { z } from "zod";
import type { DefinitionKind } from "./definitions.ts";
import type { RecordsSchema } from "./schema.ts";
import type { DefinitionRow } from "./watch-tables.ts";

type Head = Pick<DefinitionRow, "id" | "version" | "valid_from" | "valid_until">;

export interface Bodies<Input> {
  /**
   * What holds now, held at a time, or held at some time since, by id and version. One of many that is
   * not of this shape, as a newer program may have written it, is left out and told of in `faults`.
   *
   * @throws ZodError when one was asked for by its id and is not of this shape.
   */
  select(which: {
    at?: number | undefined;
    since?: number;
    id?: string;
  }): Promise<readonly { head: Head; input: Input }[]>;
  /** What the last look for many left out, each with the reason. */
  faults(): readonly string[];
  /** What a row says. @throws ZodError */
  read(row: Pick<DefinitionRow, "id" | "version" | "body">): Input;
}

/** Parsed bodies kept beside one full set. Bound: drop-oldest. */
const SPARE = 1_000;
/** Versions asked for at once; SQLite's expressions may be 1,000 deep. */
const CHUNK = 200;

export function createBodies<Input>(
  spec: Pick<DefinitionKind<Input, unknown>, "kind" | "countMax" | "parse">,
  db: Kysely<RecordsSchema>,
): Bodies<Input> {
  const kept = new Map<string, Input>();
  /** Why versions were left out at the last look for many. Bound: as what is kept. */
  const unread = new Map<string, string>();

  function read(row: Pick<DefinitionRow, "id" | "version" | "body">): Input {
    const key = keyOf(row);
    const found = kept.get(key);
    if (found !== undefined) return found;
    const input = spec.parse(JSON.parse(row.body));
    const oldest = kept.keys().next();
    if (kept.size >= spec.countMax + SPARE && !oldest.done) kept.delete(oldest.value);
    kept.set(key, input);
    return input;
  }

  async function select(which: { at?: number | undefined; since?: number; id?: string }) {
    const { at, since, id } = which;
    let query = db
      .selectFrom("definition")
      .select(["id", "version", "valid_from", "valid_until"])
      .where("kind", "=", spec.kind);
    if (id !== undefined) query = query.where("id", "=", id);
    if (since !== undefined) {
      query = query.where((row) =>
        row.or([row("valid_until", "is", null), row("valid_until", ">", since)]),
      );
    } else if (at === undefined) query = query.where("valid_until", "is", null);
    else {
      query = query
        .where("valid_from", "<=", at)
        .where((row) => row.or([row("valid_until", "is", null), row("valid_until", ">", at)]));
    }
    const heads = await query.orderBy("id").orderBy("version").execute();
    const inputs = new Map(heads.map((head) => [keyOf(head), kept.get(keyOf(head))]));
    if (id === undefined) unread.clear();
    const missing = heads.filter((head) => inputs.get(keyOf(head)) === undefined);
    for (let start = 0; start < missing.length; start += CHUNK) {
      const rows = await db
        .selectFrom("definition")
        .select(["id", "version", "body"])
        .where("kind", "=", spec.kind)
        .where((row) =>
          row.or(
            missing
              .slice(start, start + CHUNK)
              .map(({ id: one, version }) => row.and({ id: one, version })),
          ),
        )
        .execute();
      for (const row of rows) {
        try {
          inputs.set(keyOf(row), read(row));
        } catch (error) {
          if (id !== undefined || !(error instanceof z.ZodError)) throw error;
          unread.set(keyOf(row), faultOf(spec.kind, row, error));
        }
      }
    }
    // A version whose body went between the two statements was too old to be kept.
    return heads.flatMap((head) => {
      const input = inputs.get(keyOf(head));
      return input === undefined ? [] : [{ head, input }];
    });
  }

  return { select, read, faults: () => [...unread.values()] };
}

function faultOf(
  kind: DefinitionRow["kind"],
  { id, version }: Pick<DefinitionRow, "id" | "version">,
  error: z.ZodError,
): string {
  const [issue] = error.issues;
  const where = [`${kind}s`, id, ...(issue?.path ?? [])].map(String).join(".");
  return `${where}: version ${version} cannot be read: ${issue?.message ?? "unknown shape"}`;
}

function keyOf(row: Pick<DefinitionRow, "id" | "version">): string {
  return `${row.id} ${row.version}`;
}
