// Writes what a live source received, as files that `replay` reads.

import { mkdir, open, readdir, stat, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import { z } from "zod";

/** Where to and how much. A bare string is the folder. */
export const RecordOptions = z.preprocess(
  (value) => (typeof value === "string" ? { dir: value } : value),
  z.strictObject({
    dir: z.string().min(1).max(1_024),
    /** A file is closed at this size and the next begins. */
    fileBytes: z
      .number()
      .int()
      .min(1_024)
      .max(2 ** 31)
      .default(64 * 2 ** 20),
    /** The oldest files of this source go when all together are more (drop-oldest). */
    totalBytes: z
      .number()
      .int()
      .min(1_024)
      .max(2 ** 40)
      .default(2 ** 30),
  }),
);
export type RecordOptions = z.infer<typeof RecordOptions>;

/** After a failed write nothing is tried for this long. */
const PAUSE_MS = 60_000;

export interface Recorder extends AsyncDisposable {
  /** Adds one line. Never rejects: a recording that fails must not stop the source. */
  write(line: string): Promise<void>;
  /** Lines that could not be written. */
  lost(): number;
}

/** Without options it records nothing. Lines are written one by one and in order. */
export function createRecorder(
  options: RecordOptions | undefined,
  naming: { readonly prefix: string; readonly ext: string },
  deps: { readonly clock: Clock; readonly log: Log },
): Recorder {
  if (options === undefined) {
    return { write: async () => {}, lost: () => 0, [Symbol.asyncDispose]: async () => {} };
  }
  return createFileRecorder(options, naming, deps);
}

function createFileRecorder(
  limits: RecordOptions,
  naming: { readonly prefix: string; readonly ext: string },
  deps: { readonly clock: Clock; readonly log: Log },
): Recorder {
  const stem = `${naming.prefix.replaceAll(/[^a-z0-9._-]/g, "_")}.`;
  let file: { readonly handle: FileHandle; sizeBytes: number } | undefined;
  let pausedUntilMs = -Infinity;
  let lost = 0;
  let last: Promise<void> = Promise.resolve();

  async function writeNow(line: string): Promise<void> {
    if (deps.clock.monotonicMs() < pausedUntilMs) {
      lost += 1;
      return;
    }
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (file !== undefined && file.sizeBytes + bytes.length > limits.fileBytes) await close();
      file ??= await begin();
      await file.handle.appendFile(bytes);
      file.sizeBytes += bytes.length;
    } catch (error) {
      lost += 1;
      pausedUntilMs = deps.clock.monotonicMs() + PAUSE_MS;
      deps.log.warn({ err: error, dir: limits.dir }, "record: cannot write; trying again later");
      await close().catch(() => undefined);
    }
  }

  async function begin(): Promise<{ handle: FileHandle; sizeBytes: number }> {
    await mkdir(limits.dir, { recursive: true });
    await prune(limits, stem);
    const stamp = new Date(deps.clock.now()).toISOString().replaceAll(/[-:]/g, "");
    for (let copy = 1; ; copy++) {
      const name = `${stem}${stamp}${copy === 1 ? "" : `-${copy}`}.${naming.ext}`;
      try {
        return { handle: await open(join(limits.dir, name), "ax"), sizeBytes: 0 };
      } catch (error) {
        if (!isExisting(error) || copy >= 1_000) throw error;
      }
    }
  }

  async function close(): Promise<void> {
    const closing = file;
    file = undefined;
    await closing?.handle.close();
  }

  return {
    write(line) {
      last = last.then(() => writeNow(line));
      return last;
    },
    lost: () => lost,
    async [Symbol.asyncDispose]() {
      await last;
      await close();
    },
  };
}

/** Makes room for one more file. */
async function prune(options: RecordOptions, stem: string): Promise<void> {
  const names = (await readdir(options.dir)).filter((name) => name.startsWith(stem)).toSorted();
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(options.dir, name);
      return { path, sizeBytes: (await stat(path)).size };
    }),
  );
  let totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  for (const file of files) {
    if (totalBytes + options.fileBytes <= options.totalBytes) return;
    await unlink(file.path);
    totalBytes -= file.sizeBytes;
  }
}

function isExisting(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}
