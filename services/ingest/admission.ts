import { tooManyRequests } from "@drover/core/service/problem";

export interface AdmissionConfig {
  /** Bytes of bodies being worked on at once. Bound: reject. */
  readonly bytesMax: number;
  /** Requests being worked on at once. Bound: reject. */
  readonly requestsMax: number;
}

/** A request's share of the bounds; `release` may be called more than once. */
export interface Place {
  /** Counts bytes that came up while working, as decompression does; refuses nothing. */
  grow(bytes: number): void;
  release(): void;
}

/** Keeps work in flight within bounds; a request beyond them is asked to come again. */
export interface Admission {
  /** @throws Problem 429 with Retry-After when a bound is met. */
  enter(bytes: number): Place;
  inFlight(): { readonly bytes: number; readonly requests: number };
}

const RETRY_AFTER_MS = 1_000;

export function createAdmission(config: AdmissionConfig): Admission {
  let bytes = 0;
  let requests = 0;
  return {
    inFlight: () => ({ bytes, requests }),
    enter(requestBytes) {
      if (requests >= config.requestsMax) {
        const detail = `${requests} requests are being worked on; the limit is ${config.requestsMax}`;
        throw tooManyRequests(detail, RETRY_AFTER_MS);
      }
      // One request alone always gets in, or a body above the bound could never be sent.
      if (requests > 0 && bytes + requestBytes > config.bytesMax) {
        const detail = `${bytes} bytes are being worked on; the limit is ${config.bytesMax}`;
        throw tooManyRequests(detail, RETRY_AFTER_MS);
      }
      let held = requestBytes;
      let isHeld = true;
      bytes += requestBytes;
      requests += 1;
      return {
        grow(more) {
          if (!isHeld) return;
          held += more;
          bytes += more;
        },
        release() {
          if (!isHeld) return;
          isHeld = false;
          bytes -= held;
          requests -= 1;
        },
      };
    },
  };
}
