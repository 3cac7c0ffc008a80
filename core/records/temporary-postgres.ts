// A PostgreSQL server of one's own for tests: a fresh cluster in a temporary folder, reached by a
// unix socket alone, gone afterwards.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";

export interface TemporaryPostgres extends AsyncDisposable {
  /** Makes an empty database and gives its address. */
  createDatabase(): Promise<string>;
}

const execute = promisify(execFile);
const TOOL_TIMEOUT_MS = 30_000;
const START_TIMEOUT_MS = 15_000;
const START_POLL_MS = 30;

/** Where Debian and others keep the server's programs; the newest version wins. */
export async function findPostgres(): Promise<string | undefined> {
  const root = "/usr/lib/postgresql";
  const versions = await readdir(root).catch(() => []);
  const newest = versions.toSorted((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(root, newest, "bin");
}

/**
 * Starts a server from the programs in `bin`.
 *
 * PostgreSQL refuses to run as root, so root runs it as the user `postgres`.
 * @throws when it does not answer within `START_TIMEOUT_MS`.
 */
export async function startPostgres(bin: string): Promise<TemporaryPostgres> {
  const folder = await mkdtemp(join(tmpdir(), "drover-pg-"));
  const owner = await findOwner();
  if (owner !== undefined) {
    await chown(folder, owner.uid, owner.gid);
    await chmod(folder, 0o700);
  }
  const options = { ...owner, cwd: folder, timeout: TOOL_TIMEOUT_MS };
  const data = join(folder, "data");
  const flags = ["--locale=C.UTF-8", "--no-sync", "--auth=trust", "--username=drover"];
  await execute(join(bin, "initdb"), ["-D", data, ...flags], options);
  const settings = ["listen_addresses=", "fsync=off", "max_connections=60", "shared_buffers=16MB"];
  const args = ["-D", data, "-k", folder, ...settings.flatMap((setting) => ["-c", setting])];
  const server = spawn(join(bin, "postgres"), args, { ...owner, cwd: folder, stdio: "ignore" });
  const exited = once(server, "exit");
  const address = (database: string) =>
    `postgres://drover@/${database}?host=${encodeURIComponent(folder)}`;
  const stop = async () => {
    server.kill("SIGINT");
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const isUp = await answers(address("postgres"));
  if (!isUp) {
    await stop();
    throw new Error(`postgres: no answer within ${START_TIMEOUT_MS} ms`);
  }
  let made = 0;
  return {
    async createDatabase() {
      const name = `drover_${++made}`;
      await query(address("postgres"), `create database ${name}`);
      return address(name);
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function findOwner(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (flag) => Number((await execute("id", [flag, "postgres"])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new Error("postgres: there is no such user");
  return { uid, gid };
}

async function answers(url: string): Promise<boolean> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  while (performance.now() < deadlineMs) {
    try {
      await query(url, "select 1");
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, START_POLL_MS));
    }
  }
  return false;
}

async function query(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
