// Who is told of alerts. What is secret goes in and never comes out.

import { z } from "zod";
import { ReceiverView } from "@drover/core/model/receiver";
import { pageOf } from "./page.ts";
import { server } from "./server.ts";

const path = "/v1/receivers";
const pathOf = (id: string, rest = ""): string => `${path}/${encodeURIComponent(id)}${rest}`;

/** A receiver as it is written; in a change, a secret that is left out stays as it is. */
export type ReceiverBody = Readonly<Record<string, unknown>>;

/** A secret that Drover made is told here, once. */
const Made = z.looseObject({ id: z.string(), name: z.string(), secret: z.string().optional() });
export type MadeReceiver = z.infer<typeof Made>;

export async function askReceivers(signal?: AbortSignal): Promise<readonly ReceiverView[]> {
  const { items } = await server.ask({ path, answer: pageOf(ReceiverView), signal });
  return items;
}

export const createReceiver = (body: ReceiverBody): Promise<MadeReceiver> =>
  server.ask({ method: "POST", path, body, answer: Made });

/** @throws AskError 412 when another version holds by now */
export const updateReceiver = (
  id: string,
  body: ReceiverBody,
  ifVersion: number,
): Promise<MadeReceiver> =>
  server.ask({ method: "PUT", path: pathOf(id), body, answer: Made, ifVersion });

export async function removeReceiver(id: string): Promise<void> {
  await server.ask({ method: "DELETE", path: pathOf(id), answer: z.unknown() });
}

const Tested = z.object({ outcome: z.enum(["sent", "failed", "not-tried"]), detail: z.string() });
export type Tested = z.infer<typeof Tested>;
/** Longer than the server waits for any receiver. */
const TEST_MS_MAX = 30_000;

/** Sends a test message, once, and tells what happened. */
export const testReceiver = (id: string): Promise<Tested> =>
  server.ask({
    method: "POST",
    path: pathOf(id, "/test"),
    body: {},
    answer: Tested,
    timeoutMs: TEST_MS_MAX,
  });
