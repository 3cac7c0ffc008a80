import { execFileSync } from "node:child_process";

/** The commit that runs and its date; "unknown" outside a clone. */
export function readCommit(rootDir: string): { gitSha: string; buildDate: string } {
  try {
    const text = execFileSync("git", ["log", "-1", "--format=%H %cI"], {
      cwd: rootDir,
      encoding: "utf8",
      timeout: 2_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [gitSha = "unknown", buildDate = "unknown"] = text.trim().split(" ");
    return { gitSha, buildDate };
  } catch {
    // A tarball or an image has no history.
    return { gitSha: "unknown", buildDate: "unknown" };
  }
}
