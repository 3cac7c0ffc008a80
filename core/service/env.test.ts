import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import {
  EnvError,
  declareEnv,
  envBool,
  envInt,
  envJson,
  envList,
  listEnv,
  parseEnv,
} from "./env.ts";
import { processEnv } from "./process-env.ts";

const declaration = declareEnv({
  port: {
    name: "T_PORT",
    schema: envInt({ min: 1, max: 65_535 }),
    default: "8080",
    meaning: "port to listen on",
  },
  token: { name: "T_TOKEN", schema: z.string().min(8), meaning: "the token", isSecret: true },
  regions: { name: "T_REGIONS", schema: envList({ itemsMax: 2 }).optional(), meaning: "regions" },
  isLoud: { name: "T_LOUD", schema: envBool(), default: "false", meaning: "says more" },
  sources: {
    name: "T_SOURCES",
    schema: envJson(z.array(z.strictObject({ kind: z.string() }))),
    default: "[]",
    meaning: "sources",
  },
});

test("values are typed, defaults apply, an empty variable counts as absent", () => {
  const values = parseEnv(declaration, {
    T_PORT: "",
    T_TOKEN: "long enough",
    T_REGIONS: "a, b",
    T_LOUD: "1",
    T_SOURCES: '[{"kind":"sim"}]',
    OTHER: "ignored",
  });
  const port: number = values.port;
  assert.equal(port, 8080);
  assert.deepEqual(
    { ...values },
    {
      port: 8080,
      token: "long enough",
      regions: ["a", "b"],
      isLoud: true,
      sources: [{ kind: "sim" }],
    },
  );
  assert.ok(Object.isFrozen(values));
});

test("every mistake is reported at once, by variable, and no secret is shown", () => {
  const env = {
    T_PORT: "70000",
    T_TOKEN: "hunter2",
    T_SOURCES: "{",
    T_LOUD: "yes",
    T_REGIONS: "a,b,c",
  };
  assert.throws(
    () => parseEnv(declaration, env),
    (error) => {
      assert.ok(error instanceof EnvError);
      assert.equal(error.mistakes.length, 5);
      assert.match(error.message, /T_PORT="70000": .*65535/);
      assert.match(error.message, /T_TOKEN=\(secret\)/);
      assert.match(error.message, /T_SOURCES="{": expected JSON/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    },
  );
});

test("an absent variable without a default is required, unless it is optional", () => {
  assert.throws(() => parseEnv(declaration, {}), /T_TOKEN is required: the token/);
  assert.equal(parseEnv(declaration, { T_TOKEN: "long enough" }).regions, undefined);
});

test("the declaration can be listed for documentation without secrets", () => {
  assert.deepEqual(listEnv(declaration)[1], {
    name: "T_TOKEN",
    meaning: "the token",
    default: undefined,
    isRequired: true,
    isSecret: true,
  });
});

test("a process needs nothing to be said", () => {
  const values = parseEnv(processEnv, {});
  assert.equal(values.host, "127.0.0.1");
  assert.equal(values.port, 0);
});
