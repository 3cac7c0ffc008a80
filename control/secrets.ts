import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Words that processes of one data folder share: an edge's token, an engine's password. Each is a
 * file that only its owner reads, because the store of tokens keeps hashes alone.
 */
export interface Secrets {
  read(name: string): string | undefined;
  write(name: string, value: string): void;
}

export function createSecrets(dataDir: string): Secrets {
  const fileOf = (name: string) => join(dataDir, "secrets", name);
  return {
    read(name) {
      try {
        return readFileSync(fileOf(name), "utf8").trim() || undefined;
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
        throw error;
      }
    },
    write(name, value) {
      mkdirSync(dirname(fileOf(name)), { recursive: true, mode: 0o700 });
      writeFileSync(fileOf(name), `${value}\n`, { mode: 0o600 });
    },
  };
}
