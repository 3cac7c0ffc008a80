import { StringDecoder } from "node:string_decoder";

/** Cuts a byte stream into lines; bounded whatever comes. */
export interface LineSplitter {
  /** Lines completed by this chunk, without their ends; empty lines included. */
  push(chunk: Uint8Array): string[];
  /** The last line when it had no end. */
  end(): string[];
  /** Lines dropped for their length so far. */
  tooLong(): number;
  /** Begins anew, as after a reconnect. */
  reset(): void;
}

/**
 * A line ends at LF; a CR before it goes too. A line of more than `lineChars` is dropped whole and
 * counted, and nothing of it is held meanwhile.
 */
export function createLineSplitter(config: { readonly lineChars: number }): LineSplitter {
  let decoder = new StringDecoder("utf8");
  let rest = "";
  let skipping = false;
  let tooLong = 0;

  function drop(): void {
    tooLong += 1;
    rest = "";
  }

  function close(line: string): string[] {
    if (skipping) {
      skipping = false;
      return [];
    }
    if (line.length > config.lineChars) {
      drop();
      return [];
    }
    return [line.endsWith("\r") ? line.slice(0, -1) : line];
  }

  return {
    push(chunk) {
      const text = decoder.write(chunk);
      const lines: string[] = [];
      let from = 0;
      for (let cut = text.indexOf("\n"); cut >= 0; cut = text.indexOf("\n", from)) {
        const line = rest + text.slice(from, cut);
        rest = "";
        for (const whole of close(line)) lines.push(whole);
        from = cut + 1;
      }
      if (!skipping) rest += text.slice(from);
      if (rest.length > config.lineChars) {
        drop();
        skipping = true;
      }
      return lines;
    },
    end() {
      const line = rest + decoder.end();
      rest = "";
      return line === "" && !skipping ? [] : close(line);
    },
    tooLong: () => tooLong,
    reset() {
      decoder = new StringDecoder("utf8");
      rest = "";
      skipping = false;
    },
  };
}
