import { ClickHouseError } from "./errors.ts";
import { checkInsertFormat, checkOutputFormat, isStreamable } from "./formats.ts";
import { guard } from "./guard.ts";
import type { GuardConfig, Role } from "./guard.ts";
import { bindParams } from "./params.ts";
import { capSetting, mergeSettings, settingsClause } from "./settings.ts";
import type { Limits } from "./settings.ts";
import { findInput, parseStatement } from "./statement.ts";
import type { Statement } from "./statement.ts";
import { quoteString, toByteString, toText, tokenize } from "./tokens.ts";

/** What a request asks for, with everything that decides how it runs. */
export type Ask = {
  /** Byte string: the statement, and for INSERT perhaps the beginning of its data. */
  readonly text: string;
  readonly role: Role;
  readonly isReadOnly: boolean;
  readonly defaultFormat: string;
  readonly params: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, string>;
};

export type PlanConfig = {
  readonly guard: GuardConfig;
  readonly limits: Readonly<Record<Role, Limits>>;
  /** A result up to this size is made in one piece, so that an error still has its own status. */
  readonly pieceBytesMax: number;
  /** A result in a format that cannot stream is refused beyond this size. */
  readonly documentBytesMax: number;
};

/** How to run a statement; every `sql` is an ordinary string for the engine. */
export type Plan =
  | {
      readonly kind: "read";
      readonly sql: string;
      /** The same without our limit on the result; for formats that can stream. */
      readonly streamSql: string | undefined;
      readonly format: string;
    }
  | { readonly kind: "write"; readonly sql: string; readonly format: string }
  | {
      readonly kind: "insert";
      readonly format: string;
      readonly dataStart: number;
      sqlFor(path: string): string;
    };

/** Rows smaller than this are few enough in any result to let the limit on rows stop them first. */
const RESULT_ROW_BYTES = 64;

/** @throws ClickHouseError when the statement is refused. */
export function planStatement(ask: Ask, config: PlanConfig): Plan {
  const statement = bind(parseStatement(ask.text), ask.params);
  guard(statement, ask.role, config.guard);
  if (ask.isReadOnly && statement.kind !== "read") {
    const hint = "For queries over GET readonly is set; use POST to change data";
    throw new ClickHouseError("READONLY", `Cannot execute query in readonly mode. ${hint}`);
  }
  const limits = config.limits[ask.role];
  switch (statement.kind) {
    case "read":
      return planRead(statement, ask, config);
    case "insert-data":
      return planInsert(statement, ask, limits);
    case "insert": {
      const settings = mergeSettings([ask.settings, statement.settings], limits);
      const sql = toText(statement.sql) + settingsClause(settings);
      return { kind: "write", sql, format: formatOf(statement, ask) };
    }
    case "define":
    case "control": {
      const own = mergeSettings([statement.settings], limits);
      // Limits on time and memory are for queries: half a definition helps nobody.
      for (const name of ["max_execution_time", "max_memory_usage"]) own.delete(name);
      const sql = toText(statement.sql) + settingsClause(own);
      return { kind: "write", sql, format: formatOf(statement, ask) };
    }
  }
}

function bind(statement: Statement, params: ReadonlyMap<string, string>): Statement {
  const sql = bindParams(statement.sql, params);
  if (sql === statement.sql) return statement;
  // Read again, so that what a parameter put in is guarded like the rest.
  const tokens = [...tokenize(sql)];
  return { ...statement, sql, tokens, input: statement.input && findInput(tokens, 0) };
}

function formatOf(statement: Statement, ask: Ask): string {
  const format = statement.format ?? ask.defaultFormat;
  checkOutputFormat(format);
  return format;
}

function planRead(statement: Statement, ask: Ask, config: PlanConfig): Plan {
  const format = formatOf(statement, ask);
  const settings = mergeSettings([ask.settings, statement.settings], config.limits[ask.role]);
  const sql = toText(statement.sql);
  const isQuery = statement.verb === "SELECT" || statement.verb === "WITH";
  const hasOwnLimit = settings.has("max_result_bytes") || settings.has("max_result_rows");
  const mayStream = isQuery && isStreamable(format) && !hasOwnLimit;
  const streamSql = mayStream ? sql + settingsClause(settings) : undefined;
  const bytesMax = mayStream ? config.pieceBytesMax : config.documentBytesMax;
  capSetting(settings, "max_result_bytes", bytesMax);
  // The engine counts a constant column once, however many rows repeat it.
  capSetting(settings, "max_result_rows", Math.ceil(bytesMax / RESULT_ROW_BYTES));
  return { kind: "read", sql: sql + settingsClause(settings), streamSql, format };
}

function planInsert(statement: Statement, ask: Ask, limits: Limits): Plan {
  const { dataStart, input } = statement;
  const format = statement.format ?? "";
  checkInsertFormat(format);
  if (dataStart === undefined) throw new Error("an insert with data says where they begin");
  const settings = mergeSettings([ask.settings, statement.settings], limits);
  if (format === "Values") {
    // Expressions among the values would be evaluated outside of what the guard has seen.
    settings.set("input_format_values_interpret_expressions", "0");
    settings.set("input_format_values_deduce_templates_of_expressions", "0");
  }
  const clause = settingsClause(settings);
  const sqlFor = (path: string) => {
    const file = quoteString(toByteString(path));
    if (input === undefined) {
      const target = toText(statement.sql);
      return `${target} FROM INFILE ${toText(file)} COMPRESSION 'none'${clause} FORMAT ${format}`;
    }
    const call = `file(${file}, ${format}, ${quoteString(input.structure)}, 'none')`;
    const { sql } = statement;
    return toText(sql.slice(0, input.start) + call + sql.slice(input.end)) + clause;
  };
  return { kind: "insert", format, dataStart, sqlFor };
}
