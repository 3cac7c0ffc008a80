import type { EventKind } from "@drover/core/model/event";
import { StoredEvent } from "@drover/core/model/event";
import { pageOf, type Page } from "./page.ts";
import { server } from "./server.ts";

export interface EventQuestion {
  readonly kinds?: readonly EventKind[];
  readonly asset?: string | undefined;
  readonly zone?: string | undefined;
  readonly rule?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit?: number;
  readonly cursor?: string | undefined;
}

/** What watching noticed, the newest first. */
export const askEvents = (
  { kinds, ...rest }: EventQuestion,
  signal?: AbortSignal,
): Promise<Page<StoredEvent>> =>
  server.ask({
    path: "/v1/events",
    query: { kind: kinds, ...rest },
    answer: pageOf(StoredEvent),
    signal,
  });
