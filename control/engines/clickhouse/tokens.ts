import { ClickHouseError } from "./errors.ts";

/**
 * ClickHouse's lexer, as far as it takes to know where strings, names and comments end.
 *
 * Texts here are byte strings (latin1: one character a byte), so that offsets in them are offsets
 * in the request body. Whatever a second reader could understand differently is refused: the
 * engine runs every statement it finds, so a disagreement about an end of string is a way in.
 */
export type Token = {
  readonly kind: "word" | "number" | "string" | "quoted" | "symbol";
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Open brackets around it; an opening and its closing bracket have the outer depth. */
  readonly depth: number;
};

const DEPTH_MAX = 200;

const spaces = /[ \t\n\r\f\v]+/y;
const lineComment = /(?:--|#!|# )[^\n]*/y;
const word = /[A-Za-z_][\w$]*/y;
const number = /\d\w*(?:\.\w*)?(?:(?<=[eEpP])[+-]\w+)?/y;
const heredocTag = /\$\w*\$/y;
const opening = "([{";
const closing = ")]}";

/** Yields the tokens of `text`; the caller may stop early, as INSERT's data are no SQL. */
export function* tokenize(text: string): Generator<Token, void, undefined> {
  let at = 0;
  let depth = 0;
  let isAfterWord = false;
  while (at < text.length) {
    const after = skipBlank(text, at);
    if (after > at) {
      at = after;
      isAfterWord = false;
      continue;
    }
    const start = at;
    const kind = kindAt(text, at, isAfterWord);
    at = endOf(kind, text, start);
    const token = text.slice(start, at);
    if (kind === "symbol" && closing.includes(token)) depth -= 1;
    if (depth < 0) throw new ClickHouseError("SYNTAX_ERROR", `Unmatched ${token} at ${start}.`);
    yield { kind, text: token, start, end: at, depth };
    if (kind === "symbol" && opening.includes(token)) depth += 1;
    if (depth > DEPTH_MAX) throw new ClickHouseError("SYNTAX_ERROR", "Too many open brackets.");
    isAfterWord = kind === "word" || kind === "number";
  }
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function skipBlank(text: string, at: number): number {
  const afterSpaces = matchEnd(spaces, text, at);
  if (afterSpaces > at) return afterSpaces;
  if (text.startsWith("/*", at)) return endOfBlockComment(text, at);
  return matchEnd(lineComment, text, at);
}

/** The engine nests block comments. */
function endOfBlockComment(text: string, start: number): number {
  let depth = 1;
  for (let at = start + 2; at < text.length - 1; at += 1) {
    if (text.startsWith("/*", at)) {
      depth += 1;
      at += 1;
    } else if (text.startsWith("*/", at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    }
  }
  throw new ClickHouseError("SYNTAX_ERROR", `Comment at ${start} has no end.`);
}

function kindAt(text: string, at: number, isAfterWord: boolean): Token["kind"] {
  const first = text.charAt(at);
  if (first === "'") {
    // x'…' and b'…' know no escapes: refused rather than read by other rules than the engine's.
    if (isAfterWord) {
      throw new ClickHouseError("SYNTAX_ERROR", `A string directly after a word at ${at}.`);
    }
    return "string";
  }
  if (first === "$") return "string";
  if (first === "`" || first === '"') return "quoted";
  if (/[A-Za-z_]/.test(first)) return "word";
  if (/\d/.test(first)) return "number";
  if (/[!%()*+,\-./:;<=>?@[\]^{|}]/.test(first)) return "symbol";
  const shown = JSON.stringify(first);
  throw new ClickHouseError("SYNTAX_ERROR", `Unexpected character ${shown} at position ${at + 1}.`);
}

function endOf(kind: Token["kind"], text: string, start: number): number {
  switch (kind) {
    case "word":
      return matchEnd(word, text, start);
    case "number":
      return matchEnd(number, text, start);
    case "symbol":
      return start + 1;
    case "quoted":
      return endOfQuoted(text, start);
    case "string":
      return text.charAt(start) === "$" ? endOfHeredoc(text, start) : endOfQuoted(text, start);
  }
}

/** Quotes end at the same quote, unless it is doubled or follows a backslash. */
function endOfQuoted(text: string, start: number): number {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "\0") break;
    if (char === "\\") at += 1;
    else if (char === quote) {
      if (text.charAt(at + 1) !== quote) return at + 1;
      at += 1;
    }
  }
  throw new ClickHouseError("SYNTAX_ERROR", `The quote at ${start} is not closed.`);
}

function endOfHeredoc(text: string, start: number): number {
  const tagEnd = matchEnd(heredocTag, text, start);
  const tag = text.slice(start, tagEnd);
  const close = tagEnd > start ? text.indexOf(tag, tagEnd) : -1;
  if (close < 0) throw new ClickHouseError("SYNTAX_ERROR", `Unexpected $ at ${start}.`);
  return close + tag.length;
}

export function isWord(token: Token | undefined, ...words: readonly string[]): boolean {
  return token?.kind === "word" && words.includes(token.text.toUpperCase());
}

export function isSymbol(token: Token | undefined, symbol: string): boolean {
  return token?.kind === "symbol" && token.text === symbol;
}

/** The name that a word or a quoted identifier stands for. */
export function nameOf(token: Token): string {
  if (token.kind !== "quoted") return token.text;
  const quote = token.text.charAt(0);
  return token.text
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replaceAll(/\\(.)/g, "$1");
}

/** The value of a plain string token; undefined for other tokens. */
export function stringValue(token: Token): string | undefined {
  if (token.kind !== "string" || token.text.startsWith("$")) return undefined;
  return unescape(token.text.slice(1, -1).replaceAll("''", "'"));
}

const escapes: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  r: "\r",
  n: "\n",
  t: "\t",
  0: "\0",
};

export function unescape(text: string): string {
  return text.replaceAll(/\\(.)/gs, (_all, char: string) => escapes[char] ?? char);
}

/** A string literal that stays one whatever the value holds; `value` is a byte string. */
export function quoteString(value: string): string {
  const body = value
    .replaceAll("\\", "\\\\")
    .replaceAll("'", String.raw`\'`)
    .replaceAll("\0", String.raw`\0`);
  return `'${body}'`;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("\0", "")}\``;
}

/** Between text and byte strings. */
export const toByteString = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
export const toText = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8");
