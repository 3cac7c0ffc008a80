import { createBackoff } from "../service/backoff.ts";
import type { Clock } from "../service/clock.ts";
import type { SendResult } from "./sender.ts";

export type SendFailure = Exclude<SendResult, { kind: "acknowledged" }>;
export type UplinkState = "connecting" | "up" | SendFailure["kind"];

export interface GateConfig {
  /** Bounds of the wait after a failure: the first one's ceiling, and everyone's. */
  readonly backoffMs: { readonly min: number; readonly max: number };
  /** Longest wait while nobody is reached: trying costs little, and the link may be back. */
  readonly unreachableMsMax: number;
}

export interface GateDeps {
  readonly clock: Clock;
  onChange(state: UplinkState, detail: string): void;
}

/** Whether a region takes anything now, and when it is worth asking again. */
export interface Gate {
  state(): UplinkState;
  detail(): string;
  /** How long nothing may be sent yet, ms; 0 when something may. */
  heldMs(): number;
  /** A request failed. Those that were on their way together count as one. */
  hold(failure: SendFailure): void;
  /** A request was acknowledged. */
  open(): void;
}

export function createGate(config: GateConfig, deps: GateDeps): Gate {
  const { clock } = deps;
  const { min: minMs, max: maxMs } = config.backoffMs;
  const backoff = createBackoff({ minMs, maxMs }, deps);
  let state: UplinkState = "connecting";
  let detail = "";
  let heldUntilMs = -Infinity;

  const heldMs = () => Math.max(0, heldUntilMs - clock.monotonicMs());

  function become(next: UplinkState, why: string): void {
    const isChange = state !== next;
    state = next;
    detail = why;
    if (isChange) deps.onChange(next, why);
  }

  function waitAfter(failure: SendFailure): number {
    const drawnMs = backoff.nextDelayMs();
    switch (failure.kind) {
      case "unreachable":
        return Math.min(drawnMs, clock.random() * config.unreachableMsMax);
      case "busy":
        return failure.retryAfterMs === undefined
          ? drawnMs
          : Math.min(maxMs, failure.retryAfterMs) + clock.random() * minMs;
      case "unauthorized":
        // Somebody has to change something; asking often only fills logs over there.
        return maxMs * (0.5 + clock.random() / 2);
      case "conflict":
      case "forgotten":
      case "unanswered":
      case "too-large":
      case "refused":
        return drawnMs;
    }
  }

  return {
    state: () => state,
    detail: () => detail,
    heldMs,
    hold(failure) {
      become(failure.kind, "detail" in failure ? failure.detail : failure.kind);
      if (heldMs() === 0) heldUntilMs = clock.monotonicMs() + waitAfter(failure);
    },
    open() {
      // What was sent before the failure says nothing about now.
      if (heldMs() > 0) return;
      backoff.reset();
      become("up", "");
    },
  };
}
