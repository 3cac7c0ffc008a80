// What the outbox must remember beside its records: the last epoch that was given out, how far each
// epoch went, what each region acknowledged, and why some records are gone. One small file, replaced
// as a whole (write aside → sync → rename → sync the directory).
//
// An acknowledgement that is lost with it costs a repetition, which ingest recognises. So a ledger
// that cannot be read is counted and begun anew; the records themselves say the rest.

import { crc32 } from "node:zlib";
import { Seq } from "@drover/core/model/ingest";
import { z } from "zod";
import { codeOf, readWhole, writeAll, type FileSystem } from "./file-system.ts";
import { reportClasses } from "./segment.ts";

const Range = z.tuple([z.int().min(0), z.int().min(0)]);
const Epoch = z.int().min(1).max(0xffff_ffff);
/** More ranges than this would mean that nothing is ever acknowledged in order. */
const RANGES_MAX = 100_000;

/** The last so many are kept. Bound: drop-oldest. */
export const GIVEN_UP_MAX = 1_000;

const GivenUp = z.strictObject({
  region: z.string(),
  epoch: Epoch,
  range: Range,
  reason: z.string().max(64),
});
export type GivenUp = z.infer<typeof GivenUp>;

const Ledger = z.strictObject({
  version: z.literal(1),
  edge: z.string(),
  /** The greatest epoch ever given out by this folder. */
  lastEpoch: z.int().min(0).max(0xffff_ffff),
  /** Milliseconds for which this outbox was open, over its whole life; ages count in these. */
  runMs: z.number().min(0),
  epochs: z
    .array(
      z.strictObject({
        epoch: Epoch,
        class: z.enum(reportClasses),
        /** Last sequence number that was durable. */
        end: z.union([z.literal(0), Seq]),
        lost: z.array(z.strictObject({ range: Range, reason: z.string().max(64) })).max(RANGES_MAX),
      }),
    )
    .max(100_000),
  /** What a region will never take, and was not told: it refuses even to hear of it. */
  givenUp: z.array(GivenUp).max(GIVEN_UP_MAX).optional(),
  regions: z.record(
    z.string(),
    z.array(z.strictObject({ epoch: Epoch, acked: z.array(Range).max(RANGES_MAX) })),
  ),
});
export type Ledger = z.infer<typeof Ledger>;

/** A folder that belongs to another edge; its identities must not be mixed with ours. */
export class ForeignOutboxError extends Error {
  override name = "ForeignOutboxError";
  constructor(directory: string, owner: string, edge: string) {
    super(`outbox ${directory} belongs to edge ${owner}, not to ${edge}`);
  }
}

const NAME = "ledger.json";
const BYTES_MAX = 64 * 1024 * 1024;

export type LoadedLedger =
  | { readonly kind: "read"; readonly ledger: Ledger }
  | { readonly kind: "absent" }
  | { readonly kind: "damaged"; readonly detail: string };

/** @throws ForeignOutboxError, and what the file system throws except for a missing file. */
export async function loadLedger(
  fileSystem: FileSystem,
  directory: string,
  edge: string,
): Promise<LoadedLedger> {
  let text: string;
  try {
    text = (await readWhole(fileSystem, `${directory}/${NAME}`, BYTES_MAX)).toString("utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { kind: "absent" };
    throw error;
  }
  const cut = text.indexOf("\n");
  const body = text.slice(cut + 1);
  if (cut < 0 || text.slice(0, cut) !== checksum(body)) {
    return { kind: "damaged", detail: "its checksum does not match" };
  }
  const parsed = Ledger.safeParse(JSON.parse(body));
  if (!parsed.success) return { kind: "damaged", detail: z.prettifyError(parsed.error) };
  if (parsed.data.edge !== edge) throw new ForeignOutboxError(directory, parsed.data.edge, edge);
  return { kind: "read", ledger: parsed.data };
}

/** Durable once it resolves; when it throws, the ledger from before stands. */
export async function saveLedger(
  fileSystem: FileSystem,
  directory: string,
  ledger: Ledger,
): Promise<void> {
  const body = JSON.stringify(ledger);
  const aside = `${directory}/${NAME}.new`;
  const file = await fileSystem.open(aside, "create");
  try {
    await writeAll(file, Buffer.from(`${checksum(body)}\n${body}`), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await fileSystem.rename(aside, `${directory}/${NAME}`);
  await fileSystem.syncDirectory(directory);
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}
