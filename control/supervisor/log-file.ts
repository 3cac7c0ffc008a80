import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

export type LogFileConfig = {
  readonly path: string;
  /** The file is set aside at this size. */
  readonly bytesMax: number;
  /** How many set-aside files stay: `name.log.1` is the newest. */
  readonly keepMax: number;
};

/** A process's output on disk. At a full disk lines are counted and lost: reject. */
export interface LogFile extends Disposable {
  write(line: string): void;
  /** Lines lost since the start. */
  dropped(): number;
}

export function createLogFile(config: LogFileConfig): LogFile {
  mkdirSync(dirname(config.path), { recursive: true, mode: 0o700 });
  let fd = openSync(config.path, "a", 0o600);
  let sizeBytes = fstatSync(fd).size;
  let dropped = 0;

  function rotate(): void {
    closeSync(fd);
    for (let number = config.keepMax; number >= 1; number -= 1) {
      const from = number === 1 ? config.path : `${config.path}.${number - 1}`;
      moveIfThere(from, `${config.path}.${number}`);
    }
    fd = openSync(config.path, "a", 0o600);
    sizeBytes = fstatSync(fd).size;
  }

  return {
    dropped: () => dropped,
    write(line) {
      const bytes = Buffer.from(`${line}\n`);
      try {
        if (sizeBytes > 0 && sizeBytes + bytes.length > config.bytesMax) rotate();
        sizeBytes += writeSync(fd, bytes);
      } catch {
        // A log that cannot be written must not stop what it is about.
        dropped += 1;
      }
    },
    [Symbol.dispose]() {
      closeSync(fd);
    },
  };
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

const LINE_CHARS_MAX = 64 * 1024;

/** Cuts a stream of text into lines; a longer line is cut at 64 KiB. */
export function createLineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest = "";
  return (text) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) if (part !== "") onLine(part.replace(/\r$/, ""));
    while (rest.length >= LINE_CHARS_MAX) {
      onLine(rest.slice(0, LINE_CHARS_MAX));
      rest = rest.slice(LINE_CHARS_MAX);
    }
  };
}

/** One file for each process, opened at its first line. */
export interface LogFiles extends Disposable {
  write(name: string, line: string): void;
}

export function createLogFiles(config: Omit<LogFileConfig, "path"> & { dir: string }): LogFiles {
  const files = new Map<string, LogFile>();
  return {
    write(name, line) {
      let file = files.get(name);
      if (!file) {
        file = createLogFile({ ...config, path: join(config.dir, `${name}.log`) });
        files.set(name, file);
      }
      file.write(line);
    },
    [Symbol.dispose]() {
      for (const file of files.values()) file[Symbol.dispose]();
      files.clear();
    },
  };
}
