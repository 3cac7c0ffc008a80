import type { Clock } from "@drover/core/service/clock";
import type { Log } from "@drover/core/service/log";
import type { StreamLog } from "@drover/core/stream/log";

const hourMs = 3_600_000;

/**
 * Once an hour, lets the stream forget the content keys of events that are beyond retention: they
 * would be set aside as too old and so need no recognising. Resolves when `signal` aborts.
 */
export async function forgetOldKeys(
  config: { readonly retentionDays: number },
  deps: { stream: Pick<StreamLog, "forgetKeysBefore">; clock: Clock; log: Log },
  signal: AbortSignal,
): Promise<void> {
  const retentionMs = config.retentionDays * 24 * hourMs;
  while (!signal.aborted) {
    try {
      await deps.stream.forgetKeysBefore(deps.clock.now() - retentionMs);
    } catch (error) {
      // The log grows a little; the next hour tries again.
      deps.log.warn({ err: error }, "old keys were not forgotten");
    }
    await deps.clock.sleep(hourMs, signal).catch(() => {});
  }
}
