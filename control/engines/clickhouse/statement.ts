import { ClickHouseError } from "./errors.ts";
import { isSymbol, isWord, nameOf, stringValue, tokenize } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/** What a statement does, as far as deciding who may run it where needs to know. */
export type StatementKind = "read" | "insert" | "insert-data" | "define" | "control";

/** One statement, split into what the front decides about and what the engine reads. */
export type Statement = {
  readonly kind: StatementKind;
  /** Its first word, upper case. */
  readonly verb: string;
  /** All its tokens; of INSERT with data those before the data. */
  readonly tokens: readonly Token[];
  /** Byte string without its FORMAT and SETTINGS clauses, closing semicolon and data. */
  readonly sql: string;
  /** The format of the result, or of the data. */
  readonly format: string | undefined;
  readonly settings: ReadonlyMap<string, string>;
  /** Where the data begin in the text, for `insert-data`. */
  readonly dataStart: number | undefined;
  /** The `input('structure')` of INSERT … SELECT … FROM input(…), for `insert-data`. */
  readonly input: InputCall | undefined;
};

/** Positions of `input(…)` in `sql`. */
export type InputCall = {
  readonly start: number;
  readonly end: number;
  readonly structure: string;
};

const reads = ["SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK", "("];
const definitions = ["CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME", "EXCHANGE", "OPTIMIZE"];
const changes = ["DELETE", "UPDATE"];
const refused = "SET USE ATTACH DETACH UNDROP GRANT REVOKE MOVE WATCH BEGIN COMMIT ROLLBACK".split(
  " ",
);
const controls = ["KILL", "SYSTEM", "BACKUP", "RESTORE"];

/**
 * Reads exactly one statement from a byte string.
 *
 * @throws ClickHouseError when there is none, a second one, or one that the front does not serve.
 */
export function parseStatement(text: string): Statement {
  const tokens: Token[] = [];
  const insert = createInsertReader();
  let isInsert = false;
  for (const token of tokenize(text)) {
    tokens.push(token);
    if (tokens.length === 1) isInsert = isWord(token, "INSERT");
    if (isInsert && insert.endsHead(tokens)) break;
  }
  const first = tokens[0];
  if (first === undefined) throw new ClickHouseError("SYNTAX_ERROR", "Empty query.");
  const verb = first.text.toUpperCase();
  if (isInsert) return finishInsert(text, tokens);
  dropSemicolon(tokens);
  const clauses = splitTail(tokens);
  return {
    kind: kindOf(verb),
    verb,
    tokens: clauses.rest,
    sql: text.slice(first.start, clauses.rest.at(-1)?.end),
    format: clauses.format,
    settings: clauses.settings,
    dataStart: undefined,
    input: undefined,
  };
}

function kindOf(verb: string): StatementKind {
  if (reads.includes(verb)) return "read";
  if (definitions.includes(verb)) return "define";
  if (changes.includes(verb)) return "insert";
  if (controls.includes(verb)) return "control";
  if (refused.includes(verb)) {
    throw new ClickHouseError("ACCESS_DENIED", `${verb} is not served by the embedded engine`);
  }
  const expected = [...reads, "INSERT", ...definitions, ...changes, ...controls].join(", ");
  const found = `failed at position 1 (${verb.slice(0, 40)}). Expected one of: ${expected}.`;
  throw new ClickHouseError("SYNTAX_ERROR", `Syntax error: ${found}`);
}

function dropSemicolon(tokens: Token[]): void {
  const found = tokens.findIndex((token) => isSymbol(token, ";"));
  if (found === -1) return;
  if (found < tokens.length - 1) {
    throw new ClickHouseError("SYNTAX_ERROR", "Multi-statements are not allowed.");
  }
  tokens.pop();
}

/**
 * Tells where the SQL of an INSERT ends and its data begin:
 * `INSERT INTO t [(…)] [SETTINGS …] VALUES|FORMAT x` and `INSERT … SELECT … FORMAT x`.
 */
function createInsertReader() {
  return {
    endsHead(tokens: readonly Token[]): boolean {
      const last = tokens.at(-1);
      const before = tokens.at(-2);
      if (last === undefined || last.depth > 0) return false;
      if (isValuesClause(last, before)) return true;
      if (last.kind !== "word" || !isWord(before, "FORMAT")) return false;
      return tokens.length > 3;
    },
  };
}

/** Not a table of that name, and not the format of that name. */
function isValuesClause(last: Token, before: Token | undefined): boolean {
  return (
    isWord(last, "VALUES") && !isWord(before, "INTO", "TABLE", "FORMAT") && !isSymbol(before, ".")
  );
}

function finishInsert(text: string, tokens: Token[]): Statement {
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first === undefined || last === undefined || tokens.length < 3) {
    throw new ClickHouseError("SYNTAX_ERROR", "INSERT is not complete.");
  }
  const verb = "INSERT";
  const selectAt = tokens.findIndex((t) => t.depth === 0 && isWord(t, "SELECT", "WITH"));
  const isValues = isValuesClause(last, tokens.at(-2));
  const isFormat = !isValues && isWord(tokens.at(-2), "FORMAT");
  if (!isValues && !isFormat) {
    if (selectAt === -1) throw new ClickHouseError("SYNTAX_ERROR", "INSERT has no data clause.");
    dropSemicolon(tokens);
    const { rest, settings, format } = splitTail(tokens);
    const sql = text.slice(first.start, rest.at(-1)?.end);
    const none = { dataStart: undefined, input: undefined };
    return { kind: "insert", verb, tokens: rest, sql, format, settings, ...none };
  }
  if (tokens.some((token) => isSymbol(token, ";"))) {
    throw new ClickHouseError("SYNTAX_ERROR", "Multi-statements are not allowed.");
  }
  const head = tokens.slice(0, isValues ? -1 : -2);
  const { rest, settings } = splitTail(head);
  const sql = text.slice(first.start, rest.at(-1)?.end);
  const input = selectAt === -1 ? undefined : findInput(rest, first.start);
  if (selectAt !== -1 && input === undefined) {
    // A FORMAT after a plain INSERT … SELECT names nothing; the data would be thrown away.
    throw new ClickHouseError("SYNTAX_ERROR", "INSERT … SELECT takes data through input(…) only.");
  }
  return {
    kind: "insert-data",
    verb,
    tokens: rest,
    sql,
    format: isValues ? "Values" : last.text,
    settings,
    dataStart: isValues ? last.end : afterFormatName(text, last.end),
    input,
  };
}

/** Blanks and one line end after the format's name belong to the statement. */
function afterFormatName(text: string, end: number): number {
  const blank = /[ \t]*(?:\r?\n)?/y;
  blank.lastIndex = end;
  blank.test(text);
  return Math.max(end, blank.lastIndex);
}

export function findInput(tokens: readonly Token[], offset: number): InputCall | undefined {
  const at = tokens.findIndex((token, i) => isWord(token, "INPUT") && isSymbol(tokens[i + 1], "("));
  const [name, structure, close] = [tokens[at], tokens[at + 2], tokens[at + 3]];
  if (at === -1 || !name || !structure || !close) return undefined;
  const value = stringValue(structure);
  if (value === undefined || !isSymbol(close, ")")) {
    throw new ClickHouseError("SYNTAX_ERROR", "input() takes one string, the structure.");
  }
  return { start: name.start - offset, end: close.end - offset, structure: value };
}

type Tail = {
  readonly rest: readonly Token[];
  readonly format: string | undefined;
  readonly settings: ReadonlyMap<string, string>;
};

/** Takes `FORMAT x` and `SETTINGS a = 1, …` off the end, in any order. CREATE keeps its own. */
function splitTail(tokens: readonly Token[]): Tail {
  let rest = tokens;
  let format: string | undefined;
  let settings: ReadonlyMap<string, string> | undefined;
  const keepsSettings = isWord(tokens[0], "CREATE") || isWord(tokens[0], "BACKUP", "RESTORE");
  for (;;) {
    const name = rest.at(-1);
    if (format === undefined && name?.kind === "word" && isFormatAt(rest, rest.length - 2)) {
      format = name.text;
      rest = rest.slice(0, -2);
      continue;
    }
    const at = keepsSettings || settings !== undefined ? -1 : lastSettings(rest);
    if (at === -1) break;
    settings = readSettings(rest.slice(at + 1));
    rest = rest.slice(0, at);
  }
  return { rest, format, settings: settings ?? new Map() };
}

function isFormatAt(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at];
  return at > 0 && token !== undefined && token.depth === 0 && isWord(token, "FORMAT");
}

function lastSettings(tokens: readonly Token[]): number {
  return tokens.findLastIndex(
    (token, i) =>
      token.depth === 0 &&
      isWord(token, "SETTINGS") &&
      tokens[i + 1]?.kind === "word" &&
      isSymbol(tokens[i + 2], "="),
  );
}

function readSettings(tokens: readonly Token[]): Map<string, string> {
  const settings = new Map<string, string>();
  for (let at = 0; at < tokens.length; at += 4) {
    const [name, equals, value, comma] = tokens.slice(at, at + 4);
    const isLast = comma === undefined;
    const isRead = name?.kind === "word" && isSymbol(equals, "=") && value !== undefined;
    if (!isRead || !(isLast || isSymbol(comma, ","))) {
      throw new ClickHouseError("SYNTAX_ERROR", "SETTINGS must end the statement: a = 1, b = 'x'.");
    }
    settings.set(nameOf(name), stringValue(value) ?? value.text);
  }
  return settings;
}
