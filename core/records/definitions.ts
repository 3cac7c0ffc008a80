// Definitions (zones, rules) in versions: what holds now, and what held then. definition-change.ts
// says how they change.

import type { Clock } from "../service/clock.ts";
import { createBodies } from "./definition-bodies.ts";
import { createDefinitionChange } from "./definition-change.ts";
import {
  createDefinitionRows,
  type DefinitionHead,
  headOf,
  readRevision,
} from "./definition-rows.ts";
import type { Records } from "./open.ts";

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

/** What became of one of many. */
export type Put<T> = Created<T> | Changed<T>;

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
  /** Every version that held at some time since then (epoch ms), by id and version. */
  listSince(at: number): Promise<readonly T[]>;
  /** What the last of these lists left out, because this program cannot read it. */
  faults(): readonly string[];
  /** @throws ZodError when this program cannot read it. */
  get(id: string, at?: number): Promise<T | undefined>;
  create(input: Input, options: CreateOptions): Promise<Created<T>>;
  update(id: string, input: Input, options: ChangeOptions): Promise<Changed<T>>;
  /** Makes or changes each, as one change. A handful of hundreds, or others wait for long. */
  putAll(
    items: readonly { readonly id: string; readonly input: Input }[],
    options: Pick<ChangeOptions, "by">,
  ): Promise<readonly Put<T>[]>;
  /** The value is the version that was the last. */
  remove(id: string, options: ChangeOptions): Promise<Changed<T>>;
  /** Newest first, at most `limit` (100); empty when there never was one. */
  versions(id: string, limit?: number): Promise<readonly Version<T>[]>;
}

/** What distinguishes one kind of definition from another. */
export interface DefinitionKind<Input, T> {
  readonly kind: "zone" | "rule";
  readonly countMax: number;
  /** Reads what is stored. @throws ZodError */
  parse(body: unknown): Input;
  build(input: Input, head: DefinitionHead): T;
}

const VERSIONS_SHOWN = 100;

export function createDefinitions<Input extends { readonly name: string }, T>(
  spec: DefinitionKind<Input, T>,
  deps: DefinitionsDeps,
): Definitions<Input, T> {
  const { db } = deps.records;
  const bodies = createBodies(spec, db);
  const rows = createDefinitionRows(spec.kind);
  return {
    revision: () => readRevision(db),
    faults: () => bodies.faults(),

    async list({ at } = {}) {
      const found = await bodies.select({ at });
      return found.map(({ head, input }) => spec.build(input, headOf(head)));
    },

    async listSince(since) {
      const found = await bodies.select({ since });
      return found.map(({ head, input }) => spec.build(input, headOf(head)));
    },

    async get(id, at) {
      const [found] = await bodies.select({ at, id });
      return found && spec.build(found.input, headOf(found.head));
    },

    async versions(id, limit = VERSIONS_SHOWN) {
      const found = await rows.all(db, id, limit);
      return found.map((row) => ({
        value: spec.build(bodies.read(row), headOf(row)),
        by: row.changed_by,
        validFrom: row.valid_from,
        validUntil: row.valid_until ?? undefined,
        removedBy: row.removed_by ?? undefined,
      }));
    },

    ...createDefinitionChange(spec, deps),
  };
}
