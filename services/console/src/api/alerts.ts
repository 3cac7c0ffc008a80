// Alerts, what was told of them, and silences.

import { z } from "zod";
import { Alert, Silence, type AlertState, type SilenceInput } from "@drover/core/model/alert";
import { Told } from "@drover/core/model/receiver";
import type { Severity } from "@drover/core/model/severity";
import { pageOf, type Page } from "./page.ts";
import { server } from "./server.ts";

const pathOf = (id: string, rest = ""): string => `/v1/alerts/${encodeURIComponent(id)}${rest}`;

export interface AlertQuestion {
  readonly states?: readonly AlertState[];
  readonly severities?: readonly Severity[];
  readonly limit?: number;
  readonly cursor?: string | undefined;
}

/** Alerts, the newest first. */
export const askAlerts = (
  { states, severities, ...rest }: AlertQuestion,
  signal?: AbortSignal,
): Promise<Page<Alert>> =>
  server.ask({
    path: "/v1/alerts",
    query: { state: states, severity: severities, ...rest },
    answer: pageOf(Alert),
    signal,
  });

/** One alert, whatever has become of it. */
export const askAlert = (id: string, signal?: AbortSignal): Promise<Alert> =>
  server.ask({ path: pathOf(id), answer: Alert, signal });

/** Says that somebody looks after it. */
export const acknowledgeAlert = (id: string, note: string): Promise<Alert> =>
  server.ask({
    method: "POST",
    path: pathOf(id, "/acknowledge"),
    body: note === "" ? {} : { note },
    answer: Alert,
  });

/** As many as one request may name. */
export const acknowledgedAtOnce = 500;

/** The same for several; those that are gone are left out of the answer. */
export async function acknowledgeAlerts(ids: readonly string[]): Promise<readonly Alert[]> {
  const { items } = await server.ask({
    method: "POST",
    path: "/v1/alerts/acknowledge",
    body: { ids },
    answer: pageOf(Alert),
  });
  return items;
}

/** Ends it by hand. */
export const clearAlert = (id: string, note: string): Promise<Alert> =>
  server.ask({
    method: "POST",
    path: pathOf(id, "/clear"),
    body: note === "" ? {} : { note },
    answer: Alert,
  });

/** Who was told what of it, the newest first. */
export async function askTold(id: string, signal?: AbortSignal): Promise<readonly Told[]> {
  const { items } = await server.ask({ path: pathOf(id, "/told"), answer: pageOf(Told), signal });
  return items;
}

/** Silences that have not ended. */
export async function askSilences(signal?: AbortSignal): Promise<readonly Silence[]> {
  const query = { active: true };
  const { items } = await server.ask({
    path: "/v1/silences",
    query,
    answer: pageOf(Silence),
    signal,
  });
  return items;
}

/** Keeps alerts from being told for a while. */
export const createSilence = (input: SilenceInput): Promise<Silence> =>
  server.ask({ method: "POST", path: "/v1/silences", body: input, answer: Silence });

/** Ends a silence now. */
export async function endSilence(id: string): Promise<void> {
  const path = `/v1/silences/${encodeURIComponent(id)}`;
  await server.ask({ method: "DELETE", path, answer: z.unknown() });
}
