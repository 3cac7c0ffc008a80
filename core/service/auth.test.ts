import assert from "node:assert/strict";
import { test } from "node:test";
import { authorize, isAllowed } from "./auth.ts";
import type { Access, Role } from "./auth.ts";

test("a role includes the lesser ones; edges may only report", () => {
  const table: [Role, Access[]][] = [
    ["edge", ["public", "edge"]],
    ["viewer", ["public", "viewer"]],
    ["operator", ["public", "viewer", "operator"]],
    ["admin", ["public", "edge", "viewer", "operator", "admin"]],
  ];
  for (const [role, expected] of table) {
    const accesses: Access[] = ["public", "edge", "viewer", "operator", "admin"];
    assert.deepEqual(
      accesses.filter((access) => isAllowed(role, access)),
      expected,
      role,
    );
  }
});

const verifier = {
  verify: (token: string) =>
    Promise.resolve(token === "good" ? { tokenId: "1", role: "viewer" as const } : undefined),
};

test("the scheme is case-insensitive and the token must be whole", async () => {
  const principal = await authorize({ authorization: "bEaReR good" }, "viewer", verifier);
  assert.equal(principal?.tokenId, "1");
  for (const authorization of ["good", "Basic good", "Bearer", "Bearer good extra", "Bearer a b"]) {
    await assert.rejects(authorize({ authorization }, "viewer", verifier), /Bearer/);
  }
  const endless = `Bearer ${"x".repeat(10_000)}`;
  await assert.rejects(authorize({ authorization: endless }, "viewer", verifier), /512/);
});

test("a token of too small a role is forbidden, an unknown one is not authorized", async () => {
  await assert.rejects(
    authorize({ authorization: "Bearer good" }, "admin", verifier),
    /role admin/,
  );
  await assert.rejects(authorize({ authorization: "Bearer bad" }, "viewer", verifier), /unknown/);
});
