import { Rule, type RuleInput } from "@drover/core/model/rule";
import { pageOf, readPages } from "./page.ts";
import { server } from "./server.ts";

const pathOf = (id: string): string => `/v1/rules/${encodeURIComponent(id)}`;
/** More are not shown in one page of the console. */
const rulesMax = 2_000;

export const askRules = (signal?: AbortSignal): Promise<readonly Rule[]> =>
  readPages(
    (cursor) =>
      server.ask({
        path: "/v1/rules",
        query: { limit: 500, cursor },
        answer: pageOf(Rule),
        signal,
      }),
    rulesMax,
  );

export const createRule = (input: RuleInput, idempotencyKey: string): Promise<Rule> =>
  server.ask({ method: "POST", path: "/v1/rules", body: input, answer: Rule, idempotencyKey });

export const updateRule = (id: string, input: RuleInput, ifVersion: number): Promise<Rule> =>
  server.ask({ method: "PUT", path: pathOf(id), body: input, answer: Rule, ifVersion });

/** @throws AskError 412 when another version holds by now */
export const removeRule = (id: string, ifVersion: number): Promise<Rule> =>
  server.ask({ method: "DELETE", path: pathOf(id), answer: Rule, ifVersion });
