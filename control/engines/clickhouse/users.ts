import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { ClickHouseError } from "./errors.ts";
import type { Role } from "./guard.ts";

export type User = { readonly name: string; readonly password: string; readonly role: Role };

/**
 * Who asks, from `Authorization: Basic`, `X-ClickHouse-User` and `-Key`, or `?user=&password=`;
 * a caller who says nothing is `default` without a password.
 *
 * @throws ClickHouseError AUTHENTICATION_FAILED.
 */
export function authenticate(
  users: readonly User[],
  headers: IncomingHttpHeaders,
  params: URLSearchParams,
): User {
  const given = credentialsOf(headers, params);
  const user = users.find((candidate) => candidate.name === given.name);
  // Compared also when nobody has that name, so that time does not tell which names exist.
  const isRight = isSame(user?.password ?? "\0", given.password);
  if (user && isRight) return user;
  throw new ClickHouseError(
    "AUTHENTICATION_FAILED",
    `${given.name}: Authentication failed: password is incorrect, or there is no user with such name.`,
  );
}

function credentialsOf(headers: IncomingHttpHeaders, params: URLSearchParams) {
  const { authorization } = headers;
  const named = headers["x-clickhouse-user"];
  const key = headers["x-clickhouse-key"];
  if (authorization?.startsWith("Basic ")) {
    const pair = Buffer.from(authorization.slice("Basic ".length), "base64").toString("utf8");
    const colon = pair.indexOf(":");
    return { name: pair.slice(0, Math.max(colon, 0)), password: pair.slice(colon + 1) };
  }
  if (named !== undefined) {
    return { name: String(named), password: key === undefined ? "" : String(key) };
  }
  return { name: params.get("user") ?? "default", password: params.get("password") ?? "" };
}

function isSame(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
