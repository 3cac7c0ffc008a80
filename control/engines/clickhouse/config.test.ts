import assert from "node:assert/strict";
import { test } from "node:test";
import { parseEnv } from "@drover/core/service/env";
import { clickhouseEnv, readConfig } from "./config.ts";

const read = (env: Record<string, string>) => readConfig(parseEnv(clickhouseEnv, env));

test("needs no password on loopback, and one for every user elsewhere", () => {
  assert.deepEqual(read({}).users, [{ name: "default", password: "", role: "full" }]);
  assert.throws(() => read({ DROVER_HOST: "0.0.0.0" }), /DROVER_CLICKHOUSE_PASSWORD/);
  const full = { DROVER_HOST: "0.0.0.0", DROVER_CLICKHOUSE_PASSWORD: "x" };
  assert.equal(read(full).users.length, 1);
  assert.throws(() => read({ ...full, DROVER_CLICKHOUSE_READER_USER: "r" }), /READER_PASSWORD/);
});

test("keeps bodies of different data folders apart", () => {
  const [one, two] = ["/a/data", "/b/data"].map((data) => read({ DROVER_DATA: data }).spoolFolders);
  assert.notEqual(one?.[0], two?.[0]);
  assert.throws(() => read({ DROVER_CLICKHOUSE_DATABASE: "default" }));
});
