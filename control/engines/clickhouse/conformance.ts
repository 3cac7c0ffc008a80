import { answerFacts } from "./conformance-answers.ts";
import type { ConformanceFact } from "./conformance-context.ts";
import { insertFacts } from "./conformance-inserts.ts";
import { clientFacts, transportFacts } from "./conformance-transport.ts";

/**
 * What Drover relies on from a ClickHouse HTTP interface, as facts. Run against the embedded engine
 * and, by URL, against a server: where both agree, services need only one code path.
 */
export const conformance: readonly ConformanceFact[] = [
  ...answerFacts,
  ...insertFacts,
  ...transportFacts,
  ...clientFacts,
];
