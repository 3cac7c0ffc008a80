import { resolve } from "node:path";

/** What every command gets: where it stands and where it speaks. */
export type Context = {
  readonly rootDir: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** One line to standard output: results. */
  readonly print: (line: string) => void;
  /** One line to standard error: progress and complaints. */
  readonly note: (line: string) => void;
};

/** The documented exit codes of every command. */
export const exitCodes = { pass: 0, fail: 1, usage: 2, couldNotRun: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A command that ends badly for a reason that a person can act on; no stack is shown. */
export class CommandError extends Error {
  override name = "CommandError";
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export const DEFAULT_DATA = ".drover";

/** Relative paths are the caller's; under `npm start` that is where npm was called. */
export function dataDirOf(context: Context, given: string | undefined): string {
  return resolve(context.cwd, given ?? DEFAULT_DATA);
}
