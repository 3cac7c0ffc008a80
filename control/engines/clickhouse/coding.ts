import type { IncomingMessage } from "node:http";
import type { Duplex, Readable } from "node:stream";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { ClickHouseError } from "./errors.ts";

/** Bodies smaller than this go out as they are. */
const ENCODE_BYTES_MIN = 1_024;

const decoders: Readonly<Record<string, () => Duplex>> = {
  gzip: () => zlib.createGunzip(),
  deflate: () => zlib.createInflate(),
  br: () => zlib.createBrotliDecompress(),
  zstd: () => zlib.createZstdDecompress(),
};

export type DecodedBody = {
  readonly source: Readable;
  /** Lets go of what was not read, and lets the connection live. */
  release(): void;
};

/**
 * The body without its `Content-Encoding`; who reads it bounds its size.
 *
 * Not a pipeline: that would close the connection at an error, before its answer is sent.
 */
export function decodeBody(request: IncomingMessage): DecodedBody {
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") {
    return { source: request, release: () => request.resume() };
  }
  const create = decoders[encoding];
  if (create === undefined) {
    throw new ClickHouseError("NOT_IMPLEMENTED", `Content-Encoding ${encoding} is not supported`);
  }
  const decoder = create();
  request.once("error", (error) => decoder.destroy(error));
  request.pipe(decoder);
  return {
    source: decoder,
    release() {
      request.unpipe(decoder);
      decoder.on("error", () => {});
      decoder.destroy();
      request.resume();
    },
  };
}

const encoders: Readonly<Record<string, (bytes: Uint8Array) => Promise<Buffer>>> = {
  zstd: promisify<Uint8Array, Buffer>(zlib.zstdCompress),
  gzip: (bytes) => promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip)(bytes, { level: 3 }),
  deflate: promisify<Uint8Array, Buffer>(zlib.deflate),
};

/** Encodes a whole answer when the caller takes it and says `enable_http_compression=1`. */
export async function encodeAnswer(
  exchange: {
    readonly request: IncomingMessage;
    readonly response: { setHeader(name: string, value: string): unknown };
    readonly params: URLSearchParams;
  },
  bytes: Uint8Array,
): Promise<Uint8Array> {
  if (exchange.params.get("enable_http_compression") !== "1") return bytes;
  if (bytes.length < ENCODE_BYTES_MIN) return bytes;
  const accepted = (exchange.request.headers["accept-encoding"] ?? "").toLowerCase();
  const encoding = Object.keys(encoders).find((name) => accepted.includes(name));
  const encode = encoding === undefined ? undefined : encoders[encoding];
  if (encoding === undefined || encode === undefined) return bytes;
  exchange.response.setHeader("Content-Encoding", encoding);
  return encode(bytes);
}
