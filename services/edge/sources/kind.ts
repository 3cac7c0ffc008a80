// What a kind of source declares, so that the registry can read its spec and make it.

import type { z } from "zod";
import type { Source, SourceDeps } from "./source.ts";

/** A spec that was read and checked; `create` makes the source. Nothing is opened before `run`. */
export interface PreparedSource {
  readonly kind: string;
  readonly name: string;
  create(deps: SourceDeps): Source;
}

export type Prepared =
  | { readonly kind: "ok"; readonly create: (name: string, deps: SourceDeps) => Source }
  | { readonly kind: "mistakes"; readonly mistakes: readonly string[] };

export interface SourceKind {
  /** What follows `KIND=` on the command line. */
  readonly usage: string;
  /** More than one on an edge is a mistake, as of feeds that share one account. */
  readonly isSingle: boolean;
  /** Reads the text behind `KIND=`, or an object of a config file, into something to create. */
  prepare(input: string | Readonly<Record<string, unknown>>): Prepared;
}

/** What one kind of source says about itself. */
export interface SourceDeclaration<Schema extends z.ZodType> {
  readonly usage: string;
  /** The options: of a config file as they stand, of a command line as `fromText` gives them. */
  readonly options: Schema;
  readonly isSingle?: boolean;
  /** Turns the text behind `KIND=` into options, unchecked; throws an `Error` for what is no spec. */
  fromText(text: string): unknown;
  create(options: z.infer<Schema>, name: string, deps: SourceDeps): Source;
}

/** Closes a declaration over its own type of options, so that all kinds fit one table. */
export function defineKind<Schema extends z.ZodType>(
  declaration: SourceDeclaration<Schema>,
): SourceKind {
  return {
    usage: declaration.usage,
    isSingle: declaration.isSingle ?? false,
    prepare(input) {
      let raw: unknown = input;
      if (typeof input === "string") {
        try {
          raw = declaration.fromText(input);
        } catch (error) {
          const message = error instanceof Error ? error.message : String(error);
          return { kind: "mistakes", mistakes: [`${message} (expected ${declaration.usage})`] };
        }
      }
      const parsed = declaration.options.safeParse(raw);
      if (!parsed.success) {
        const mistakes = parsed.error.issues.map(
          (issue) => `${issue.path.join(".") || "options"}: ${issue.message}`,
        );
        return { kind: "mistakes", mistakes };
      }
      const options = parsed.data;
      return { kind: "ok", create: (name, deps) => declaration.create(options, name, deps) };
    },
  };
}

/**
 * Splits `TARGET?name=value&…` at the last mark that a `name=` follows. Numbers and booleans are read as such; a name twice
 * is a mistake.
 */
export function splitSpec(
  text: string,
  mark: "?" | "#" = "?",
): {
  readonly target: string;
  readonly options: Record<string, string | number | boolean>;
} {
  const cut = text.lastIndexOf(mark);
  if (cut < 0 || !/^[a-zA-Z]+=/.test(text.slice(cut + 1))) return { target: text, options: {} };
  const options: Record<string, string | number | boolean> = {};
  for (const [name, value] of new URLSearchParams(text.slice(cut + 1))) {
    if (Object.hasOwn(options, name)) throw new Error(`option "${name}" is given twice`);
    options[name] = scalarOf(value);
  }
  return { target: text.slice(0, cut), options };
}

function scalarOf(value: string): string | number | boolean {
  if (value === "true") return true;
  if (value === "false") return false;
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
