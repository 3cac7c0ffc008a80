import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import type { TokenVerifier } from "./auth.ts";
import { admitObserver, isFromHere } from "./observer-access.ts";

/** A request that came to this address of the machine. */
function requestTo(localAddress: string | undefined, headers: Record<string, string> = {}) {
  const socket = new Socket();
  Object.defineProperty(socket, "localAddress", { value: localAddress });
  const request = new IncomingMessage(socket);
  Object.assign(request.headers, headers);
  return request;
}

const far = (authorization?: string) =>
  requestTo("10.1.2.3", authorization === undefined ? {} : { authorization });

const verifier: TokenVerifier = {
  verify: async (token) =>
    token === "viewer" || token === "edge" ? { tokenId: token, role: token } : undefined,
};

test("a request is from here when it came to loopback and through no proxy", () => {
  for (const address of ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", undefined]) {
    assert.equal(isFromHere(requestTo(address)), true, address);
  }
  for (const address of ["10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "127.0.0.1.example", ""]) {
    assert.equal(isFromHere(requestTo(address)), false, address);
  }
  for (const header of ["forwarded", "x-forwarded-for", "x-real-ip", "via"]) {
    assert.equal(isFromHere(requestTo("127.0.0.1", { [header]: "x" })), false, header);
  }
});

test("an observer from elsewhere shows a viewer's token, or the one for observers", async () => {
  const access = { isOpen: false, token: "scrape-me" };
  const status = (expected: number) => (error: { facts: { status: number } }) =>
    error.facts.status === expected;
  await admitObserver(far("Bearer viewer"), access, verifier);
  await admitObserver(far("Bearer scrape-me"), access, verifier);
  await admitObserver(far("Bearer scrape-me"), access, undefined);
  await assert.rejects(admitObserver(far(), access, verifier), status(401));
  await assert.rejects(admitObserver(far("Bearer edge"), access, verifier), status(403));
  await assert.rejects(admitObserver(far("Bearer scrape-m"), access, verifier), status(401));
  await assert.rejects(admitObserver(far("Bearer viewer"), access, undefined), status(401));
  await assert.rejects(
    admitObserver(far("Bearer undefined"), { isOpen: false }, undefined),
    status(401),
  );
});

test("whoever is here, or anybody where it was opened, shows nothing", async () => {
  await admitObserver(requestTo("127.0.0.1"), { isOpen: false }, verifier);
  await admitObserver(far(), { isOpen: true }, verifier);
});
