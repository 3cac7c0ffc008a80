import { hash } from "node:crypto";
import { closeSync, openSync, renameSync, writeSync } from "node:fs";
import { mkdir, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import type { Report } from "@drover/core/model/report";
import type { Emit } from "./source.ts";

/** Lets every report through once, for senders that repeat themselves until they are answered. */
export interface OnceOnly extends Disposable {
  /**
   * Emits what was not said before. Resolves when all of it is durable, also what another call is
   * still waiting for; rejects when the outbox failed, and then the same reports may come again.
   */
  take(reports: readonly Report[], emit: Emit): Promise<{ emitted: number; repeated: number }>;
}

export interface OnceOnlyConfig {
  /** Digests held in each of two generations; at the bound the older is forgotten (drop-oldest). */
  readonly reportsMax: number;
  /** Where digests outlive the process; a second file beside it ends in `.old`. */
  readonly file: string;
}

const DIGEST_BYTES = 15;

/**
 * Stricter than the repeat filter: devices send one moment's measurements in several messages, so
 * that equal asset, time and place do not make two messages equal. `historical` does not count: a
 * report that is sent again after an outage is the same report.
 *
 * Digests are written after the outbox took the reports and before the sender is answered, without
 * fsync: what a killed edge had taken and not answered is known again after its restart. A power cut
 * may forget the newest ones; their reports then come twice, and none is lost.
 */
export async function openOnceOnly(config: OnceOnlyConfig): Promise<OnceOnly> {
  const { file, reportsMax } = config;
  await mkdir(dirname(file), { recursive: true });
  let old = await readDigests(`${file}.old`);
  let young = await readDigests(file);
  // A digest that was torn would shift all that follow it.
  await truncate(file, young.size * DIGEST_BYTES).catch(() => {});
  let descriptor: number | undefined = openSync(file, "a");
  const inFlight = new Map<string, Promise<void>>();

  function remember(keys: readonly string[]): void {
    // The number of a closed file may soon be another file's.
    if (descriptor === undefined) return;
    if (young.size + keys.length > reportsMax) {
      closeSync(descriptor);
      renameSync(file, `${file}.old`);
      descriptor = openSync(file, "a");
      old = young;
      young = new Set();
    }
    for (const key of keys) young.add(key);
    writeSync(descriptor, Buffer.concat(keys.map((key) => Buffer.from(key, "base64"))));
  }

  return {
    async take(reports, emit) {
      const own = Promise.withResolvers<void>();
      own.promise.catch(() => {});
      const others = new Set<Promise<void>>();
      const fresh: Report[] = [];
      const keys: string[] = [];
      for (const report of reports) {
        const key = digestOf(report);
        if (young.has(key) || old.has(key)) continue;
        const pending = inFlight.get(key);
        if (pending === undefined) {
          inFlight.set(key, own.promise);
          keys.push(key);
          fresh.push(report);
        } else if (pending !== own.promise) others.add(pending);
      }
      try {
        if (fresh.length > 0) {
          await emit(fresh);
          remember(keys);
        }
        own.resolve();
      } catch (error) {
        own.reject(error);
        throw error;
      } finally {
        for (const key of keys) inFlight.delete(key);
      }
      await Promise.all(others);
      return { emitted: fresh.length, repeated: reports.length - fresh.length };
    },
    [Symbol.dispose]() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/** A torn last digest is left out. */
async function readDigests(file: string): Promise<Set<string>> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch {
    return new Set();
  }
  const digests = new Set<string>();
  for (let at = 0; at + DIGEST_BYTES <= bytes.length; at += DIGEST_BYTES) {
    digests.add(bytes.toString("base64", at, at + DIGEST_BYTES));
  }
  return digests;
}

function digestOf(report: Report): string {
  const { historical: _, ...said } = report;
  return hash("sha1", JSON.stringify(said), "buffer").toString("base64", 0, DIGEST_BYTES);
}
