// The body of a batch: from the bytes that arrived to lines, within limits. A body that grows
// beyond its bound while it is decompressed is given up at the bound, not after it.

import { isUtf8 } from "node:buffer";
import { promisify } from "node:util";
import { constants, gunzip, gunzipSync, zstdDecompress, zstdDecompressSync } from "node:zlib";
import type { ZlibOptions, ZstdOptions } from "node:zlib";
import { badRequest, bodyTooLarge, unsupportedMediaType } from "@drover/core/service/problem";
import type { Problem } from "@drover/core/service/problem";

const gunzipAside = promisify(gunzip);
const zstdAside = promisify(zstdDecompress);

/** Larger compressed bodies are opened on another thread; the hand-over costs about 50 µs. */
const ASIDE_BYTES = 128 * 1024;
/** 2^23 bytes: what senders at ordinary levels use; a frame may not make us hold more. */
const ZSTD_WINDOW_LOG_MAX = 23;
const newline = 10;

/**
 * Undoes the content encoding.
 *
 * @throws Problem 413 beyond `bytesMax`, 400 when the bytes are not what the header says, 415 for
 * another encoding.
 */
export async function openBody(
  body: Buffer,
  encoding: string | undefined,
  bytesMax: number,
): Promise<Buffer> {
  const name = encoding?.trim().toLowerCase() ?? "identity";
  if (name === "identity" || name === "") {
    if (body.length > bytesMax) throw tooLarge(bytesMax);
    return body;
  }
  try {
    switch (name) {
      case "gzip":
      case "x-gzip":
        return await openGzip(body, { maxOutputLength: bytesMax });
      case "zstd":
        return await openZstd(body, bytesMax);
      default:
        throw unsupportedMediaType("content-encoding: expected gzip, zstd or identity");
    }
  } catch (error) {
    if (!isCoded(error)) throw error;
    if (error.code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(bytesMax);
    if (error.code === "ZSTD_error_frameParameter_windowTooLarge") {
      throw bodyTooLarge(`body: its zstd window is above 2^${ZSTD_WINDOW_LOG_MAX} bytes`);
    }
    throw badRequest(`body: not whole ${name}: ${error.message}`);
  }
}

function openGzip(body: Buffer, options: ZlibOptions): Buffer | Promise<Buffer> {
  return body.length < ASIDE_BYTES ? gunzipSync(body, options) : gunzipAside(body, options);
}

async function openZstd(body: Buffer, bytesMax: number): Promise<Buffer> {
  const params = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };
  const options: ZstdOptions = { maxOutputLength: bytesMax, params, info: true };
  const opened: unknown =
    body.length < ASIDE_BYTES ? zstdDecompressSync(body, options) : await zstdAside(body, options);
  if (!isInformed(opened)) throw new TypeError("zstd: no information came with the bytes");
  // The library stops at the end of the first frame; what follows would be lost in silence.
  if (opened.engine.bytesWritten !== body.length) {
    throw badRequest(`body: ${body.length} bytes of zstd go on after its first frame`);
  }
  return opened.buffer;
}

/** With `info` the functions of `node:zlib` answer with more than their types say. */
function isInformed(
  value: unknown,
): value is { readonly buffer: Buffer; readonly engine: { readonly bytesWritten: number } } {
  if (typeof value !== "object" || value === null) return false;
  return "buffer" in value && Buffer.isBuffer(value.buffer) && "engine" in value;
}

function isCoded(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

const tooLarge = (bytesMax: number) =>
  bodyTooLarge(`body: more than ${bytesMax} bytes once it is decompressed; send smaller batches`);

/** Receives a body's lines in order; `line` counts from 1 and skips empty ones. */
export interface LineSink {
  /** Takes the line that begins at `start` from its bytes; gives its end, or -1 to get its text. */
  scan(body: Uint8Array, start: number, line: number): number;
  text(text: string, line: number): void;
  /** A line whose bytes are not UTF-8; `text` stands in for it. */
  notUtf8(text: string, line: number): void;
}

/** Gives each line that is not blank to `sink`. @throws Problem 413 beyond `linesMax`. */
export function eachLine(body: Buffer, linesMax: number, sink: LineSink): void {
  if (isUtf8(body)) eachTextLine(body, linesMax, sink);
  else eachByteLine(body, linesMax, sink);
}

/** Hot path: most lines are taken from their bytes and never become a string. */
function eachTextLine(body: Buffer, linesMax: number, sink: LineSink): void {
  let line = 0;
  for (let start = 0; start < body.length;) {
    let end = line < linesMax ? sink.scan(body, start, line + 1) : -1;
    if (end === -1) {
      end = body.indexOf(newline, start);
      if (end === -1) end = body.length;
      const text = body.toString("utf8", start, end);
      if (isFilled(text)) {
        if (++line > linesMax) throw tooManyLines(linesMax);
        sink.text(text, line);
      }
    } else {
      line++;
    }
    start = end + 1;
  }
}

/** False for a line of nothing but what JSON calls blank (RFC 8259 §2). */
function isFilled(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit !== 32 && unit !== 13 && unit !== 9) return true;
  }
  return false;
}

function eachByteLine(body: Buffer, linesMax: number, sink: LineSink): void {
  let line = 0;
  for (let start = 0; start < body.length;) {
    let end = body.indexOf(newline, start);
    if (end === -1) end = body.length;
    const bytes = body.subarray(start, end);
    const text = bytes.toString("utf8");
    if (isFilled(text)) {
      if (++line > linesMax) throw tooManyLines(linesMax);
      if (isUtf8(bytes)) sink.text(text, line);
      else sink.notUtf8(text, line);
    }
    start = end + 1;
  }
}

export const tooManyLines = (linesMax: number): Problem =>
  bodyTooLarge(`body: more than ${linesMax} lines; send smaller batches`);
