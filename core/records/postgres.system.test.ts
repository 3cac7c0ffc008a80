import { after, before, test } from "node:test";
import { describeAlertRecords } from "./conformance-alerts.ts";
import { describeTellingRecords } from "./conformance-telling.ts";
import { describeRecords } from "./conformance.ts";
import { describeWatchRecords } from "./conformance-watch.ts";
import { findPostgres, startPostgres } from "./temporary-postgres.ts";
import type { TemporaryPostgres } from "./temporary-postgres.ts";

const bin = await findPostgres();

if (bin === undefined) {
  test("records on PostgreSQL", { skip: "PostgreSQL's programs are not installed" }, () => {});
} else {
  let server: TemporaryPostgres | undefined;
  before(async () => {
    server = await startPostgres(bin);
  });
  after(() => server?.[Symbol.asyncDispose]());
  const subject = {
    freshUrl: async () => {
      if (server === undefined) throw new Error("the server was not started");
      return server.createDatabase();
    },
  };
  describeRecords("PostgreSQL", subject);
  describeWatchRecords("PostgreSQL", subject);
  describeAlertRecords("PostgreSQL", subject);
  describeTellingRecords("PostgreSQL", subject);
}
