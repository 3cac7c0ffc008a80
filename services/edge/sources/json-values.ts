/** Cuts a text stream into JSON values; holds one value at most. */
export interface JsonSplitter {
  /** The values that end in this chunk, as text. */
  push(chunk: string): string[];
  /** Characters between values that belong to none. */
  strayChars(): number;
}

/** One value is longer than the bound. */
export class JsonTooLargeError extends Error {
  override name = "JsonTooLargeError";
}

const quote = 34;
const backslash = 92;

/**
 * Splits concatenated objects and arrays, pretty-printed or one per line. With `elements`, a value
 * that is an array at the top is not one value but its elements are. Only brackets and strings are
 * looked at; that a value is JSON is for `JSON.parse` to say.
 *
 * @throws JsonTooLargeError when a value has more than `valueChars` characters.
 */
export function createJsonSplitter(config: {
  readonly valueChars: number;
  readonly elements: boolean;
}): JsonSplitter {
  let parts: string[] = [];
  let heldChars = 0;
  let depth = 0;
  let isInside = false;
  let isText = false;
  let isEscaped = false;
  let isArrayOpen = false;
  let strayChars = 0;

  function keep(part: string): void {
    heldChars += part.length;
    if (heldChars > config.valueChars) {
      throw new JsonTooLargeError(`json: a value has more than ${config.valueChars} characters`);
    }
    parts.push(part);
  }

  /** True when this character ends the value. */
  function inside(code: number): boolean {
    if (isText) {
      if (isEscaped) isEscaped = false;
      else if (code === backslash) isEscaped = true;
      else if (code === quote) isText = false;
      return false;
    }
    if (code === quote) isText = true;
    else if (code === 123 || code === 91) depth += 1;
    else if (code === 125 || code === 93) depth -= 1;
    return depth === 0;
  }

  /** True when this character begins a value. */
  function between(code: number): boolean {
    if (code === 91 && config.elements && !isArrayOpen) {
      isArrayOpen = true;
      return false;
    }
    if (code === 123 || code === 91) return true;
    if (code === 93 && isArrayOpen) isArrayOpen = false;
    // Blanks and commas stand between values; a byte order mark before the first.
    else if (code > 32 && code !== 44 && code !== 0xfeff) strayChars += 1;
    return false;
  }

  return {
    push(chunk) {
      const values: string[] = [];
      let from = 0;
      for (let i = 0; i < chunk.length; i++) {
        const code = chunk.charCodeAt(i);
        if (!isInside) {
          if (!between(code)) continue;
          isInside = true;
          from = i;
          depth = 1;
        } else if (inside(code)) {
          keep(chunk.slice(from, i + 1));
          values.push(parts.join(""));
          parts = [];
          heldChars = 0;
          isInside = false;
        }
      }
      if (isInside) keep(chunk.slice(from));
      return values;
    },
    strayChars: () => strayChars,
  };
}
