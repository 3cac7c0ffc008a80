import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { CommandError } from "./context.ts";
import { checkSources } from "./sources.ts";

const context = { rootDir: fileURLToPath(new URL("..", import.meta.url)) };

test("says every mistake of every source, as usage", async () => {
  await assert.rejects(checkSources(context, ["foo=bar", "opensky=1,2,3"]), (error) => {
    assert.ok(error instanceof CommandError);
    assert.equal(error.exitCode, 2);
    assert.match(error.message, /^--source: source 1: kind "foo" is none of opensky/);
    assert.match(error.message, /source 2: opensky: box "1,2,3" is not/);
    return true;
  });
});

test("lets good ones pass, and asks nobody when there is none", async () => {
  await checkSources(context, ["sbs=127.0.0.1:30003", "replay=x.csv?speed=2"]);
  await checkSources({ rootDir: "nowhere" }, []);
});
