// One HTTP answer or one file's worth of text, never more than a stated size and time.

import type { Clock } from "@drover/core/service/clock";

/** An answer larger than its bound. */
export class BodyTooLargeError extends Error {
  override name = "BodyTooLargeError";
}

/** The time given to one try is over. */
export class DeadlineError extends Error {
  override name = "DeadlineError";
}

/** Reads a response's text after decompression; rejects beyond `bytesMax` without reading on. */
export async function readText(response: Response, bytesMax: number): Promise<string> {
  const body = response.body;
  if (body === null) return "";
  const decoder = new TextDecoder();
  let text = "";
  let sizeBytes = 0;
  for await (const chunk of body) {
    sizeBytes += chunk.byteLength;
    // Leaving the loop cancels the stream, and with it the connection.
    if (sizeBytes > bytesMax) throw new BodyTooLargeError(`body: more than ${bytesMax} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** Runs one try under a signal that aborts after `ms` or with `signal`. */
export async function withDeadline<T>(
  config: { readonly ms: number; readonly what: string },
  deps: { readonly clock: Clock; readonly signal: AbortSignal },
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const own = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([own.signal, deps.signal]);
  const timer = deps.clock
    .sleep(config.ms, AbortSignal.any([done.signal, deps.signal]))
    .then(() => own.abort(new DeadlineError(`${config.what}: no answer within ${config.ms} ms`)))
    .catch(() => undefined);
  try {
    return await attempt(signal);
  } catch (error) {
    // Some readers answer an abort with an error of their own.
    if (own.signal.aborted) throw own.signal.reason;
    throw error;
  } finally {
    done.abort();
    await timer;
  }
}
