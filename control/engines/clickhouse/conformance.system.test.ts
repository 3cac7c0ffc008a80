import { suite, test } from "node:test";
import { conformance } from "./conformance.ts";
import { withContext } from "./conformance-context.ts";
import type { ConformanceTarget } from "./conformance-context.ts";
import { startProcess, temporaryFolder } from "./process.fixture.ts";

function check(target: () => ConformanceTarget): void {
  for (const fact of conformance) {
    test(fact.name, () => withContext(target(), fact.check));
  }
}

suite("the embedded engine", async () => {
  const folder = await temporaryFolder();
  const engine = await startProcess(folder.path);
  check(() => engine.target);
  test("stops in order when asked to", async (t) => {
    t.assert.equal(await engine.end("SIGTERM"), 0);
    await folder[Symbol.asyncDispose]();
  });
});

const serverUrl = process.env["DROVER_TEST_CLICKHOUSE_URL"];
suite(
  "a ClickHouse server",
  { skip: serverUrl === undefined ? "DROVER_TEST_CLICKHOUSE_URL is not set" : false },
  () => {
    const url = new URL(serverUrl ?? "http://default@localhost:8123");
    const { username, password, origin } = url;
    check(() => ({ url: origin, username: username || "default", password }));
  },
);
