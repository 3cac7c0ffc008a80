// Who is told of alerts. What is secret goes in and never comes out.

import { z } from "zod";
import { ReceiverView, type ReceiverInput } from "@drover/core/model/receiver";
import { pageOf } from "./page.ts";
import { server } from "./server.ts";

const path = "/v1/receivers";
const pathOf = (id: string, rest = ""): string => `${path}/${encodeURIComponent(id)}${rest}`;

/** A change may leave secrets out: they stay as they are. */
export type ReceiverBody = Omit<z.input<typeof ReceiverInputShape>, never>;
const ReceiverInputShape = z.custom<Partial<ReceiverInput> & { readonly channel: object }>();

/** A secret that Drover made is in the answer once. */
const Made = z.looseObject({ ...ReceiverView.shape });
export type MadeReceiver = z.infer<typeof Made>;

export async function askReceivers(signal?: AbortSignal): Promise<readonly ReceiverView[]> {
  const { items } = await server.ask({ path, answer: pageOf(ReceiverView), signal });
  return items;
}

export const createReceiver = (body: ReceiverBody): Promise<MadeReceiver> =>
  server.ask({ method: "POST", path, body, answer: Made });

export const updateReceiver = (
  id: string,
  body: ReceiverBody,
  ifVersion: number,
): Promise<MadeReceiver> =>
  server.ask({ method: "PUT", path: pathOf(id), body, answer: Made, ifVersion });

export async function removeReceiver(id: string): Promise<void> {
  await server.ask({ method: "DELETE", path: pathOf(id), answer: z.unknown() });
}

const Tested = z.looseObject({ detail: z.string().optional() });
const TEST_MS_MAX = 40_000;

/** Sends a test message now. */
export const testReceiver = (id: string): Promise<z.infer<typeof Tested>> =>
  server.ask({
    method: "POST",
    path: pathOf(id, "/test"),
    body: {},
    answer: Tested,
    timeoutMs: TEST_MS_MAX,
  });
