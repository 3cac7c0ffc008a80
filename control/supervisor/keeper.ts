import { join } from "node:path";
import type { Clock } from "@drover/core/service/clock";
import type { ProcessPlan } from "@drover/platform/plan";
import { nextRestartAction } from "../policy/restart.ts";
import type { ProcessObserved, RestartAction, RestartSpec } from "../policy/restart.ts";
import { startChild } from "./child.ts";
import type { Child } from "./child.ts";
import { probe } from "./probe.ts";
import type { ProcessState } from "./state.ts";

export type KeeperConfig = {
  /** Entries are relative to it. */
  readonly rootDir: string;
  /** Where the processes run: a person's relative paths stay right. */
  readonly cwd: string;
  /** Variables that every process gets besides those of its plan. */
  readonly sharedEnv: Readonly<Record<string, string>>;
  readonly restart: RestartSpec;
  /** How often a process that is ready is asked; one that is not, ten times as often. */
  readonly probeMs: number;
  readonly probeTimeoutMs: number;
  /** After SIGTERM a process may take so long; then it is killed. */
  readonly stopMs: number;
  /** Failures before the first readiness after which a start is given up. */
  readonly startFailuresMax: number;
};

export type KeeperEvent = {
  readonly kind: "started" | "ready" | "not-ready" | "exited" | "killed" | "stopped";
  readonly instance: string;
  /** Since the process started. */
  readonly afterMs: number;
  readonly detail: string;
};

export type KeeperDeps = {
  readonly clock: Clock;
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  readonly onEvent: (event: KeeperEvent) => void;
  readonly onLine: (instance: string, line: string) => void;
};

/** A process could not be brought up. */
export class StartError extends Error {
  override name = "StartError";
  readonly instance: string;

  constructor(instance: string, failures: number, lastExit: string) {
    super(`${instance} ended ${failures} times before it was ready (${lastExit})`);
    this.instance = instance;
  }
}

/** Keeps one process running: observes it, lets the policy decide, acts. */
export class Keeper {
  readonly plan: ProcessPlan;
  /** Settles at the first readiness, or rejects with a StartError. */
  readonly ready: Promise<void>;
  readonly #config: KeeperConfig;
  readonly #deps: KeeperDeps;
  readonly #first = Promise.withResolvers<void>();
  readonly #stopping = new AbortController();
  #child: Child | undefined;
  #keeping: Promise<void> | undefined;
  #observed: ProcessObserved = { kind: "absent", failures: 0, endedMs: undefined };
  #state: ProcessState;

  constructor(plan: ProcessPlan, config: KeeperConfig, deps: KeeperDeps) {
    this.plan = plan;
    this.#config = config;
    this.#deps = deps;
    this.ready = this.#first.promise;
    this.ready.catch(() => {
      // Whoever starts the keepers hears of it; one that nobody awaits must not crash us.
    });
    const { instance, name, role, port, after } = plan;
    const detail = after.length > 0 ? `waits for ${after.join(", ")}` : "";
    this.#state = { instance, name, role, port, state: "waiting", detail, restarts: 0 };
  }

  get state(): ProcessState {
    return this.#state;
  }

  start(): void {
    this.#keeping ??= this.#keep();
  }

  /** SIGTERM, then SIGKILL once `stopMs` is over; resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("stopping"));
    this.#first.resolve();
    const child = this.#child;
    if (child) {
      child.signal("SIGTERM");
      const inTime = new AbortController();
      const { stopMs } = this.#config;
      const kill = () => {
        this.#tell("killed", `still there ${stopMs} ms after SIGTERM`, {});
        child.signal("SIGKILL");
      };
      const tooLate = this.#deps.clock.sleep(stopMs, inTime.signal).then(kill, () => {});
      await child.exited;
      inTime.abort(new Error("ended"));
      await tooLate;
    }
    await this.#keeping;
    this.#state = { ...this.#state, state: "stopped" };
  }

  async #keep(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const nowMs = this.#deps.clock.monotonicMs();
      await this.#act(nextRestartAction(this.#config.restart, this.#observed, nowMs));
    }
  }

  async #act(action: RestartAction): Promise<void> {
    switch (action.kind) {
      case "start":
        this.#launch();
        return;
      case "wait":
        await this.#rest(action.ms);
        return;
      case "kill":
        this.#tell("killed", action.reason, { state: "restarting" });
        this.#child?.signal("SIGKILL");
        await this.#child?.exited;
        return;
      case "forgive":
        this.#observed = { ...this.#observed, failures: 0 };
        return;
      case "none": {
        await this.#look();
        const { probeMs } = this.#config;
        await this.#rest(this.#state.state === "ready" ? probeMs : probeMs / 10);
      }
    }
  }

  #launch(): void {
    const { clock, hostEnv, onLine } = this.#deps;
    const { entry, env, heapMb, passEnv, instance } = this.plan;
    const { rootDir, cwd, sharedEnv } = this.#config;
    const startedMs = clock.monotonicMs();
    const child = startChild(
      { entry: join(rootDir, entry), cwd, env: { ...sharedEnv, ...env }, heapMb, passEnv },
      { hostEnv, onLine: (line) => onLine(instance, line) },
    );
    this.#child = child;
    this.#observed = {
      kind: "running",
      failures: this.#observed.failures,
      startedMs,
      readyMs: undefined,
      wasReady: false,
      heardMs: startedMs,
    };
    const { pid, identity } = child;
    const change = { state: "starting", pid, identity, startedAt: clock.now() } as const;
    this.#tell("started", `pid ${pid}`, change);
    void child.exited.then((how) => this.#noteExit(how));
  }

  #noteExit(how: string): void {
    this.#child = undefined;
    const isAsked = this.#stopping.signal.aborted;
    const failures = isAsked ? 0 : this.#observed.failures + 1;
    const restarts = this.#state.restarts + (isAsked ? 0 : 1);
    const change = { restarts, pid: undefined, identity: undefined, lastExit: how };
    if (isAsked) this.#tell("stopped", how, { ...change, state: "stopped" });
    else this.#tell("exited", how, { ...change, state: "restarting" });
    const wasReady = this.#observed.kind === "running" && this.#observed.wasReady;
    this.#observed = { kind: "absent", failures, endedMs: this.#deps.clock.monotonicMs() };
    if (wasReady || failures < this.#config.startFailuresMax) return;
    this.#first.reject(new StartError(this.plan.instance, failures, how));
  }

  async #look(): Promise<void> {
    const child = this.#child;
    const timeoutMs = this.#config.probeTimeoutMs;
    const result = await probe({ port: this.plan.port, path: "/readyz", timeoutMs });
    const observed = this.#observed;
    if (child !== this.#child || observed.kind !== "running") return;
    const nowMs = this.#deps.clock.monotonicMs();
    const isNews = (observed.readyMs !== undefined) !== (result.kind === "ready");
    if (result.kind === "ready") {
      const readyMs = observed.readyMs ?? nowMs;
      this.#observed = { ...observed, heardMs: nowMs, wasReady: true, readyMs };
      if (isNews) this.#tell("ready", "", { state: "ready" });
      this.#first.resolve();
      return;
    }
    const heardMs = result.kind === "deaf" ? observed.heardMs : nowMs;
    this.#observed = { ...observed, heardMs, readyMs: undefined };
    if (isNews) this.#tell("not-ready", result.detail, { state: "not-ready" });
    else this.#state = { ...this.#state, detail: result.detail };
  }

  /** Rests until there may be something new: time, an end, or the wish to stop. */
  async #rest(ms: number): Promise<void> {
    const resting = new AbortController();
    const signal = AbortSignal.any([resting.signal, this.#stopping.signal]);
    const asleep = this.#deps.clock.sleep(ms, signal).catch(() => {});
    await (this.#child ? Promise.race([asleep, this.#child.exited]) : asleep);
    resting.abort(new Error("rested"));
  }

  #tell(kind: KeeperEvent["kind"], detail: string, change: Partial<ProcessState>): void {
    this.#state = { ...this.#state, detail, ...change };
    const nowMs = this.#deps.clock.monotonicMs();
    const startedMs = this.#observed.kind === "running" ? this.#observed.startedMs : nowMs;
    const afterMs = Math.round(nowMs - startedMs);
    this.#deps.onEvent({ kind, instance: this.plan.instance, afterMs, detail });
  }
}
