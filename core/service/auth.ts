import { forbidden, unauthorized } from "./problem.ts";

/** `edge` may only send reports; the others include all that stands before them. */
export type Role = "edge" | "viewer" | "operator" | "admin";

/** What a route asks of its caller; `public` asks nothing, `edge` is for sending reports. */
export type Access = Role | "public";

export type Principal = {
  readonly tokenId: string;
  readonly role: Role;
  /** The only edge this token may speak for, when it is bound to one. */
  readonly edge?: string;
};

export interface TokenVerifier {
  /** Who holds this token; undefined when it is unknown, revoked or expired. */
  verify(token: string): Promise<Principal | undefined>;
}

/** Longer ones are refused unread. */
const TOKEN_CHARS_MAX = 512;

const rank = { viewer: 1, operator: 2, admin: 3 } as const;

export function isAllowed(role: Role, access: Access): boolean {
  if (access === "public") return true;
  if (access === "edge") return role === "edge" || role === "admin";
  return role !== "edge" && rank[role] >= rank[access];
}

export type Credentials = {
  readonly authorization: string | undefined;
  /** For callers that cannot set a header (EventSource, WebSocket); only where a route allows it. */
  readonly queryToken?: string | undefined;
};

/**
 * Who is calling, once it is known that they may.
 *
 * @throws Problem 401 without a valid token, 403 with one that may not.
 */
export async function authorize(
  credentials: Credentials,
  access: Access,
  verifier: TokenVerifier,
): Promise<Principal | undefined> {
  if (access === "public") return undefined;
  const token = readToken(credentials);
  const principal = await verifier.verify(token);
  if (principal === undefined) throw unauthorized("the token is unknown, revoked or expired");
  if (!isAllowed(principal.role, access)) {
    throw forbidden(`this needs the role ${access}; the token has ${principal.role}`);
  }
  return principal;
}

/** @throws Problem 401 when none was sent, or one that cannot be read. */
export function readToken(credentials: Credentials): string {
  const { authorization, queryToken } = credentials;
  const text = authorization ?? (queryToken === undefined ? undefined : `Bearer ${queryToken}`);
  if (text === undefined) throw unauthorized("send Authorization: Bearer <token>");
  // RFC 6750 §2.1; the scheme is case-insensitive (RFC 9110 §11.1).
  const match = /^bearer +([\w.~+/=-]+)$/i.exec(text.slice(0, TOKEN_CHARS_MAX + 1));
  const token = match?.[1];
  if (token === undefined || text.length > TOKEN_CHARS_MAX) {
    throw unauthorized(
      `expected Authorization: Bearer <token> of at most ${TOKEN_CHARS_MAX} bytes`,
    );
  }
  return token;
}
