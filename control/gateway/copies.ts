import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import { probe } from "../supervisor/probe.ts";
import type { CopyHealth } from "./pick.ts";
import type { Copy } from "./table.ts";

export type CopiesConfig = { readonly everyMs: number; readonly timeoutMs: number };

/** What is known of each copy: asked regularly, and learnt from what fails. */
export interface Copies {
  readonly healthOf: (instance: string) => CopyHealth;
  /** Watches exactly these from now on. */
  watch(copies: readonly Copy[]): void;
  /** A request found nobody there; the next good probe takes it back. */
  noteRefused(instance: string): void;
  /** Resolves when each copy was asked once. */
  probeAll(): Promise<void>;
  /** Asks again and again until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export function createCopies(config: CopiesConfig, deps: { clock: Clock; log: Log }): Copies {
  let watched: readonly Copy[] = [];
  const health = new Map<string, CopyHealth>();

  async function ask(copy: Copy): Promise<void> {
    const { port } = copy;
    const result = await probe({ port, path: "/readyz", timeoutMs: config.timeoutMs });
    if (!watched.includes(copy)) return;
    const next = result.kind === "ready" ? "ready" : "unready";
    if (health.get(copy.instance) === next) return;
    health.set(copy.instance, next);
    const detail = result.kind === "ready" ? "" : result.detail;
    deps.log.info({ instance: copy.instance, health: next, detail }, "copy changed");
  }

  const probeAll = async () => {
    await Promise.all(watched.map(ask));
  };
  return {
    probeAll,
    healthOf: (instance) => health.get(instance) ?? "unknown",
    watch(copies) {
      watched = copies;
      const names = new Set(copies.map((copy) => copy.instance));
      for (const name of health.keys()) if (!names.has(name)) health.delete(name);
    },
    noteRefused(instance) {
      health.set(instance, "unready");
    },
    async run(signal) {
      while (!signal.aborted) {
        await probeAll();
        await deps.clock.sleep(config.everyMs, signal).catch(() => {});
      }
    },
  };
}
