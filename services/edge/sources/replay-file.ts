// A recorded file as a stream of records: decompressed, cut, never held whole.

import { createReadStream } from "node:fs";
import type { ReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { constants, createGunzip, gunzipSync } from "node:zlib";
import type { Gunzip } from "node:zlib";
import { createJsonSplitter } from "./json-values.ts";
import type { Framing } from "./replay-format.ts";
import { SourceError } from "./source.ts";
import { createTarSplitter } from "./tar-entries.ts";
import { createLineSplitter } from "./text-lines.ts";

/** One record: a page of readings or a snapshot of the sky. */
const RECORD_CHARS_MAX = 32 * 2 ** 20;
/** What is read to tell the format; a gzip of zeros swells it a thousandfold. */
const HEAD_BYTES = 16_384;

/** The first bytes of a file, decompressed. */
export async function readHead(path: string): Promise<Uint8Array> {
  const raw = await readStart(path);
  if (!isGzip(raw)) return raw;
  try {
    // The end is missing, so the end must not be asked for.
    return gunzipSync(raw, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw new SourceError(`replay: ${path} begins as gzip and is none`, { cause });
  }
}

async function readStart(path: string): Promise<Uint8Array> {
  try {
    await using handle = await open(path, "r");
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch (cause) {
    throw new SourceError(`replay: cannot read ${path}`, { cause });
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What the reading of a file left out, by reason. */
export type LeftOut = (reason: string, count: number) => void;

/**
 * Reads a file's records, those of a chunk together; gzip is told by its first bytes. A recording that was cut off
 * gives what there is.
 */
export async function* readRecords(
  path: string,
  framing: Framing,
  leftOut: LeftOut,
): AsyncGenerator<readonly string[], void> {
  const isPacked = isGzip(await readStart(path));
  const file = createReadStream(path);
  const bytes = isPacked ? unpack(file) : file;
  const cutter = createCutter(framing, leftOut);
  try {
    for await (const chunk of bytes as AsyncIterable<Uint8Array>) yield cutter.push(chunk);
    yield cutter.end();
  } finally {
    file.destroy();
    bytes.destroy();
  }
}

function unpack(file: ReadStream): Gunzip {
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  // An error of either comes out where the bytes are read.
  pipeline(file, gunzip, () => undefined);
  return gunzip;
}

interface Cutter {
  push(chunk: Uint8Array): readonly string[];
  end(): readonly string[];
}

function createCutter(framing: Framing, leftOut: LeftOut): Cutter {
  switch (framing) {
    case "lines": {
      const lines = createLineSplitter({ lineChars: RECORD_CHARS_MAX });
      return {
        push: (chunk) => lines.push(chunk),
        end() {
          const last = lines.end();
          if (lines.tooLong() > 0) leftOut("long-line", lines.tooLong());
          return last;
        },
      };
    }
    case "json-values":
    case "json-elements": {
      const decoder = new StringDecoder("utf8");
      const elements = framing === "json-elements";
      const values = createJsonSplitter({ valueChars: RECORD_CHARS_MAX, elements });
      return {
        push: (chunk) => values.push(decoder.write(chunk)),
        end() {
          if (values.strayChars() > 0) leftOut("stray-text", 1);
          return [];
        },
      };
    }
    case "tar": {
      const entries = createTarSplitter({ entryBytes: RECORD_CHARS_MAX });
      const text = new TextDecoder();
      return {
        push: (chunk) => entries.push(chunk).map((entry) => text.decode(entry.bytes)),
        end() {
          if (entries.tooLarge() > 0) leftOut("large-file", entries.tooLarge());
          return [];
        },
      };
    }
  }
}
