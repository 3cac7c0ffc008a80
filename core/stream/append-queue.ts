// Calls to `append` while they wait: what has gathered when a commit begins goes into it together.

import { StreamFullError } from "./log.ts";
import type { AppendBatch, AppendResult } from "./log.ts";

export interface WaitingAppend {
  readonly batch: AppendBatch;
  readonly sizeBytes: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Bound: bytes; reject. A batch that is larger than the bound may pass alone. */
export interface AppendQueue {
  /** @throws (rejects with) StreamFullError */
  push(batch: AppendBatch): Promise<AppendResult>;
  takeAll(): readonly WaitingAppend[];
}

const RETRY_AFTER_MS = 500;

/** Calls `onFirst` when the queue stops being empty. */
export function createAppendQueue(
  config: { readonly queuedBytesMax: number },
  onFirst: () => void,
): AppendQueue {
  let waiting: WaitingAppend[] = [];
  let waitingBytes = 0;
  return {
    push(batch) {
      let sizeBytes = 0;
      for (const { bytes } of batch.slices) sizeBytes += bytes.length;
      if (waitingBytes > 0 && waitingBytes + sizeBytes > config.queuedBytesMax) {
        const message = `append: ${waitingBytes} bytes wait to be written; the limit is ${config.queuedBytesMax}`;
        return Promise.reject(new StreamFullError(message, RETRY_AFTER_MS));
      }
      waitingBytes += sizeBytes;
      return new Promise((resolve, reject) => {
        waiting.push({ batch, sizeBytes, resolve, reject });
        if (waiting.length === 1) onFirst();
      });
    },
    takeAll() {
      const taken = waiting;
      waiting = [];
      waitingBytes = 0;
      return taken;
    },
  };
}
