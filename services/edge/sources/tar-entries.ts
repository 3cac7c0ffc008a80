/** One regular file of an archive. */
export type TarEntry = { readonly name: string; readonly bytes: Uint8Array };

/** Cuts a byte stream in the form of POSIX tar into files; holds one file at most. */
export interface TarSplitter {
  push(chunk: Uint8Array): TarEntry[];
  /** Files left out because they are larger than the bound. */
  tooLarge(): number;
}

/** What stands where a header should is none. */
export class TarError extends Error {
  override name = "TarError";
}

const BLOCK = 512;

/** @throws TarError when a header's checksum is wrong. */
export function createTarSplitter(config: { readonly entryBytes: number }): TarSplitter {
  let buffered = Buffer.alloc(0);
  let skipBytes = 0;
  let tooLarge = 0;

  /** The next file, `more` when its bytes have not come yet, `next` after what is no file. */
  function step(): TarEntry | "more" | "next" {
    const skipped = Math.min(skipBytes, buffered.length);
    buffered = buffered.subarray(skipped);
    skipBytes -= skipped;
    if (skipBytes > 0 || buffered.length < BLOCK) return "more";
    const header = buffered.subarray(0, BLOCK);
    if (header.every((byte) => byte === 0)) {
      skipBytes = BLOCK;
      return "next";
    }
    if (!isTarHeader(header)) throw new TarError("tar: the checksum of a header is wrong");
    const sizeBytes = octal(header, 124, 12);
    const paddedBytes = Math.ceil(sizeBytes / BLOCK) * BLOCK;
    const type = header[156];
    // 0 and "0": a file. Anything else (folder, link, pax header) is passed over.
    const isFile = type === 0 || type === 48;
    if (!isFile || sizeBytes > config.entryBytes) {
      if (isFile) tooLarge += 1;
      skipBytes = BLOCK + paddedBytes;
      return "next";
    }
    if (buffered.length < BLOCK + sizeBytes) return "more";
    const bytes = buffered.subarray(BLOCK, BLOCK + sizeBytes);
    skipBytes = BLOCK + paddedBytes;
    return { name: textOf(header, 0, 100), bytes };
  }

  return {
    push(chunk) {
      buffered = buffered.length === 0 ? Buffer.from(chunk) : Buffer.concat([buffered, chunk]);
      const entries: TarEntry[] = [];
      for (let result = step(); result !== "more"; result = step()) {
        if (result !== "next") entries.push(result);
      }
      return entries;
    },
    tooLarge: () => tooLarge,
  };
}

/** The sum of a header's bytes, its own field taken as blanks, stands in the field. */
export function isTarHeader(header: Uint8Array): boolean {
  if (header.length < BLOCK) return false;
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] ?? 0);
  return sum === octal(header, 148, 8);
}

function octal(bytes: Uint8Array, from: number, length: number): number {
  const text = textOf(bytes, from, length).trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : 0;
}

function textOf(bytes: Uint8Array, from: number, length: number): string {
  const text = Buffer.from(bytes.subarray(from, from + length)).toString("utf8");
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}
