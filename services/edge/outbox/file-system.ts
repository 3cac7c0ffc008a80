// What the outbox needs of a file system, and no more, so that one can be simulated that loses power.
//
// Nothing but `sync` makes a file's bytes durable, and nothing but `syncDirectory` makes a name in a
// directory durable. Every adapter keeps to that; so must every user.

/** `create` empties a file that is there already. */
export type OpenMode = "read" | "write" | "create";

export interface FileSystem {
  /** Makes the directory and those above it; one that is there already is no error. */
  makeDirectory(path: string): Promise<void>;
  list(path: string): Promise<readonly string[]>;
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** Replaces what is at `to`. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
}

export interface OpenFile {
  sizeBytes(): Promise<number>;
  /** Bytes read, fewer than asked for only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Bytes written; may be fewer than given. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  truncate(sizeBytes: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What went wrong with the disk: no `space` left (evicting helps), a file `too-big` for a limit of
 * the process (another file helps), or anything else (`io`: only waiting may help).
 */
export type DiskTrouble = "space" | "too-big" | "io";

export function diskTroubleOf(error: unknown): DiskTrouble {
  switch (codeOf(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return "space";
    case "EFBIG":
      return "too-big";
    default:
      return "io";
  }
}

/** The `code` of a system error, or an empty text. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/**
 * Whether a failed call says nothing about the file: this process or the machine is short of
 * something, or may not open it now. Another time the bytes may be there.
 */
export function isPassing(error: unknown): boolean {
  return passingCodes.has(codeOf(error));
}

const passingCodes: ReadonlySet<string> = new Set([
  "EACCES",
  "EAGAIN",
  "EBADF",
  "EINTR",
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "EPERM",
  "EROFS",
]);

/** Writes all of `bytes`, however short each write is. */
export async function writeAll(file: OpenFile, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const written = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (written === 0) throw new NoProgressError(position + done);
    done += written;
  }
}

/** A write that was accepted and wrote nothing; treated as a disk without space. */
export class NoProgressError extends Error {
  override name = "NoProgressError";
  readonly code = "ENOSPC";
  constructor(position: number) {
    super(`write: nothing was written at ${position}`);
  }
}

/** The whole file, up to `bytesMax`. */
export async function readWhole(
  fileSystem: FileSystem,
  path: string,
  bytesMax: number,
): Promise<Buffer> {
  const file = await fileSystem.open(path, "read");
  try {
    const sizeBytes = Math.min(await file.sizeBytes(), bytesMax);
    const buffer = Buffer.allocUnsafe(sizeBytes);
    return buffer.subarray(0, await readFully(file, buffer, 0));
  } finally {
    await file.close();
  }
}

/** Fills `into` as far as the file goes; gives how many bytes that was. */
export async function readFully(
  file: OpenFile,
  into: Uint8Array,
  position: number,
): Promise<number> {
  let done = 0;
  while (done < into.length) {
    const read = await file.read(into.subarray(done), position + done);
    if (read === 0) break;
    done += read;
  }
  return done;
}
