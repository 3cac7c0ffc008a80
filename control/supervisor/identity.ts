import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * A word for the process that has this number now, which no later process with the same number
 * shares: its start time. Undefined when there is none, or only its corpse.
 */
export function identityOf(pid: number): string | undefined {
  return process.platform === "linux" ? linuxIdentity(pid) : otherIdentity(pid);
}

function linuxIdentity(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // proc(5): the command's name, in parentheses, may hold anything; fields 3 and 22 follow it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startTicks = fields[19];
  if (state === "Z" || state === "X" || startTicks === undefined) return undefined;
  return `${bootId()}:${startTicks}`;
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "boot";
  }
}

function otherIdentity(pid: number): string | undefined {
  const [command, args] =
    process.platform === "win32"
      ? ["powershell", ["-NoProfile", "-Command", `(Get-Process -Id ${pid}).StartTime.Ticks`]]
      : ["ps", ["-o", "lstart=", "-p", String(pid)]];
  try {
    const text = execFileSync(command, args, {
      encoding: "utf8",
      timeout: 5000,
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}
