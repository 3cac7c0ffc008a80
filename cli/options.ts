import { InvalidArgumentError } from "commander";

// Readers of option values. Each says what it expected.

export function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError("Expected a port from 0 to 65535.");
  }
  return port;
}

export function readCount(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) {
    throw new InvalidArgumentError("Expected a whole number from 1 to 999999.");
  }
  return Number(text);
}

export type Replicas = { readonly service: string; readonly count: number };

/** `ingest=2`, repeatable. */
export function readReplicas(text: string, before: readonly Replicas[] = []): readonly Replicas[] {
  const match = /^(?<service>[a-z][a-z0-9-]*)=(?<count>[1-9]|1[0-6])$/.exec(text);
  const service = match?.groups?.["service"];
  if (service === undefined) {
    throw new InvalidArgumentError("Expected SERVICE=N with N from 1 to 16, as in ingest=2.");
  }
  return [...before, { service, count: Number(match?.groups?.["count"]) }];
}

/** `KIND` or `KIND=…`, repeatable; the edge knows what each kind takes. */
export function readSource(text: string, before: readonly string[] = []): readonly string[] {
  if (!/^[a-z][a-z0-9-]*(=.*)?$/s.test(text)) {
    throw new InvalidArgumentError("Expected KIND=…, as in readsb=http://127.0.0.1:8080/data.");
  }
  return [...before, text];
}
