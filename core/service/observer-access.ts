// Metrics and health say much about an installation, so they are open to this machine alone. Who asks
// from elsewhere shows a viewer's token where the process knows tokens, or the one that was set for
// observers (a scraper has no other); or somebody opened them on purpose.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { authorize, type TokenVerifier } from "./auth.ts";
import { unauthorized } from "./problem.ts";

export interface ObserverAccess {
  /** Asks nobody for anything. */
  readonly isOpen: boolean;
  /** Lets observers in, in processes that know no tokens too. */
  readonly token?: string | undefined;
}

export const closedToObservers: ObserverAccess = { isOpen: false };

/** What proxies add: behind one on this machine everybody would seem to be here. */
const forwardedHeaders = ["forwarded", "x-forwarded-for", "x-real-ip", "via"] as const;

/** Whether a request was made on this machine, to a loopback address and through no proxy. */
export function isFromHere({ socket, headers }: IncomingMessage): boolean {
  if (forwardedHeaders.some((name) => headers[name] !== undefined)) return false;
  const address: string | undefined = socket.localAddress;
  // A request that came over no network has no address.
  if (address === undefined) return true;
  const plain = address.replace(/^::ffff:/, "");
  return plain === "::1" || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

/** @throws Problem 401 or 403 for an observer from elsewhere who may not look. */
export async function admitObserver(
  request: IncomingMessage,
  access: ObserverAccess,
  verifier: TokenVerifier | undefined,
): Promise<void> {
  const { authorization } = request.headers;
  if (access.isOpen || isFromHere(request) || isObserverToken(authorization, access)) return;
  if (verifier === undefined) {
    throw unauthorized("from other machines: send Authorization: Bearer <DROVER_METRICS_TOKEN>");
  }
  await authorize({ authorization }, "viewer", verifier);
}

export function isObserverToken(
  authorization: string | undefined,
  { token }: ObserverAccess,
): boolean {
  if (token === undefined || authorization === undefined) return false;
  return timingSafeEqual(hashOf(authorization), hashOf(`Bearer ${token}`));
}

const hashOf = (text: string): Buffer => createHash("sha256").update(text).digest();
