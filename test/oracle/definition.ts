// The platform as it is, but for what a test changes, as a file that `drover up --config` reads.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import platform from "../../drover.config.ts";

export interface DefinitionChange {
  readonly streamUrl?: string;
  readonly recordsUrl?: string;
  /** Options of node for ingest. */
  readonly ingestNodeOptions?: string;
}

export async function writeDefinition(
  change: DefinitionChange,
): Promise<{ readonly file: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "drover-definition-"));
  const { ingest, ...services } = platform.services;
  assert.ok(ingest);
  const options = change.ingestNodeOptions;
  const env = { ...ingest.env, ...(options !== undefined && { NODE_OPTIONS: options }) };
  const definition = {
    ...platform,
    stream: { url: change.streamUrl ?? platform.stream.url },
    records: { url: change.recordsUrl ?? platform.records.url },
    services: { ...services, ingest: { ...ingest, env } },
  };
  const file = join(folder, "drover.config.json");
  await writeFile(file, JSON.stringify(definition));
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
