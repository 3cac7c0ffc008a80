import { ClickHouseError } from "./errors.ts";
import { isSymbol, quoteName, quoteString, toByteString, tokenize, unescape } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/**
 * Puts the values of `{name:Type}` into a statement as literals of that type.
 *
 * The engine could bind them itself, but does so for one query at a time in the whole process, so
 * that a slow query would hold up every other one. Values become string literals inside CAST, so
 * that whatever they hold they stay a value; `text` and the answer are byte strings.
 */
export function bindParams(text: string, params: ReadonlyMap<string, string>): string {
  if (!text.includes("{")) return text;
  const tokens: readonly Token[] = [...tokenize(text)];
  let bound = "";
  let copied = 0;
  tokens.forEach((open, at) => {
    const [name, colon] = [tokens[at + 1], tokens[at + 2]];
    if (!isSymbol(open, "{") || name?.kind !== "word" || !isSymbol(colon, ":")) return;
    const close = tokens.slice(at).find((t) => isSymbol(t, "}") && t.depth === open.depth);
    if (!close || !colon) throw new ClickHouseError("SYNTAX_ERROR", `{${name.text}: has no end.`);
    const value = params.get(name.text);
    if (value === undefined) {
      throw new ClickHouseError(
        "UNKNOWN_QUERY_PARAMETER",
        `Substitution \`${name.text}\` is not set`,
      );
    }
    bound += text.slice(copied, open.start) + literalOf(value, text.slice(colon.end, close.start));
    copied = close.end;
  });
  return bound + text.slice(copied);
}

/** `value` as the HTTP interface carries it: TSV-escaped text. */
function literalOf(value: string, type: string): string {
  const wanted = type.trim();
  const bytes = toByteString(value);
  if (wanted === "Identifier") return quoteName(unescape(bytes));
  if (wanted === "String") return quoteString(unescape(bytes));
  if (bytes === String.raw`\N`) return `CAST(NULL, ${quoteString(wanted)})`;
  // Composite values have quotes and escapes of their own, which the engine reads.
  const isComposite = /^(?:Array|Map|Tuple|Nested|JSON|Variant)\b/.test(wanted);
  const plain = isComposite ? bytes : unescape(bytes);
  return `CAST(${quoteString(plain)}, ${quoteString(wanted)})`;
}
