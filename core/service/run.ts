import type { Clock } from "./clock.ts";
import type { Health } from "./health.ts";
import type { Log } from "./log.ts";

/**
 * A started process. Stopping has one order everywhere:
 * not ready → wait one probe → stop accepting → drain → close → exit.
 */
export interface Running {
  /** Takes no new work: closes listeners, gives up leases. */
  stopAccepting?(): Promise<void>;
  /** Ends the work already taken. */
  drain?(): Promise<void>;
  /** Releases files, sockets and databases. */
  close?(): Promise<void>;
  /** Settles only when the process cannot go on by itself; a rejection is a crash. */
  readonly ended?: Promise<void>;
}

export type RunConfig = {
  /** One probe interval: how long others may still believe this process to be ready. */
  readonly probeMs: number;
  /** Longest time the whole stop may take; then the process exits with code 1. */
  readonly deadlineMs: number;
  /** The process whose death ends this one. */
  readonly parentPid?: number | undefined;
};

export type RunDeps = {
  readonly clock: Clock;
  readonly log: Log;
  readonly health: Health;
  /** The process itself; tests pass a stand-in. */
  readonly host?: ProcessHost;
};

/** What `run` needs of `process`. */
export interface ProcessHost {
  on(event: string, listener: (argument: unknown) => void): unknown;
  off(event: string, listener: (argument: unknown) => void): unknown;
  exit(code: number): void;
  exitCode?: number | string | null | undefined;
  readonly ppid: number;
  readonly connected?: boolean;
  readonly channel?: { unref?: () => void } | null | undefined;
}

const PARENT_POLL_MS = 1_000;
/** Ctrl-C under npm reaches a process several times at once: that is one wish, not two. */
const SAME_SIGNAL_MS = 250;

/**
 * Starts a process and keeps it until a signal, its parent's death, its own end or a crash.
 *
 * `start` gets a signal that aborts when no new work may be taken. SIGTERM and SIGINT stop in
 * order; a second one exits at once. Resolves once everything is closed; sets `process.exitCode`.
 */
export async function run(
  config: RunConfig,
  deps: RunDeps,
  start: (signal: AbortSignal) => Promise<Running>,
): Promise<void> {
  const host: ProcessHost = deps.host ?? process;
  const { log } = deps;
  const accepting = new AbortController();
  const stop = watchForStop(config, deps, host);
  let running: Running | undefined;
  try {
    const starting = start(accepting.signal);
    const first = await Promise.race([starting, stop.asked]);
    if (isReason(first)) {
      log.info({ reason: first.text }, "stopping while starting");
      accepting.abort(new Error(first.text));
      running = await withDeadline(starting, config, deps, host);
    } else {
      running = first;
      deps.health.setReady(true, "serving");
      log.info("ready");
      const reason = await Promise.race([stop.asked, endOf(running)]);
      deps.health.setReady(false, `stopping: ${reason.text}`);
      log.info({ reason: reason.text }, "stopping");
      if (reason.isCrash) host.exitCode = 1;
    }
  } catch (error) {
    host.exitCode = 1;
    log.fatal({ err: error }, "could not go on");
  }
  accepting.abort(new Error("stopping"));
  if (running) await withDeadline(stopInOrder(running, config, deps), config, deps, host);
  stop.dispose();
  log.info({ exitCode: host.exitCode ?? 0 }, "stopped");
  if (deps.host === undefined) exitWhenLingering(log);
}

const LINGER_MS = 500;

/** Everything is closed; what still keeps the process (an idle socket, say) may not keep it long. */
function exitWhenLingering(log: Log): void {
  const end = () => {
    log.debug({ resources: process.getActiveResourcesInfo() }, "closed, and still held; exiting");
    process.exit();
  };
  // The timer itself holds nothing, and no clock of a test reaches here.
  setTimeout(end, LINGER_MS).unref();
}

type Reason = { readonly kind: "reason"; readonly text: string; readonly isCrash: boolean };

function isReason(value: Running | Reason): value is Reason {
  return "kind" in value;
}

async function endOf(running: Running): Promise<Reason> {
  if (running.ended === undefined) return new Promise(() => {});
  await running.ended;
  return { kind: "reason", text: "its work ended", isCrash: false };
}

async function stopInOrder(running: Running, config: RunConfig, deps: RunDeps): Promise<void> {
  await deps.clock.sleep(config.probeMs);
  for (const step of ["stopAccepting", "drain", "close"] as const) {
    const startedMs = deps.clock.monotonicMs();
    try {
      await running[step]?.();
      const tookMs = Math.round(deps.clock.monotonicMs() - startedMs);
      deps.log.debug({ step, tookMs }, "stop step done");
    } catch (error) {
      // A step that fails must not keep the later ones from releasing what they hold.
      (deps.host ?? process).exitCode = 1;
      deps.log.error({ err: error, step }, "stop step failed");
    }
  }
}

async function withDeadline<T>(
  work: Promise<T>,
  config: RunConfig,
  deps: RunDeps,
  host: ProcessHost,
): Promise<T> {
  const inTime = new AbortController();
  void deps.clock.sleep(config.deadlineMs, inTime.signal).then(
    () => {
      deps.log.error({ deadlineMs: config.deadlineMs }, "stop took too long; exiting");
      host.exit(1);
    },
    () => {},
  );
  try {
    return await work;
  } finally {
    inTime.abort(new Error("done"));
  }
}

/** Turns everything that may end a process into one promise. */
function watchForStop(config: RunConfig, deps: RunDeps, host: ProcessHost) {
  const { promise: asked, resolve } = Promise.withResolvers<Reason>();
  const watching = new AbortController();
  let askedMs: number | undefined;
  const ask = (text: string, isCrash = false) => {
    askedMs ??= deps.clock.monotonicMs();
    resolve({ kind: "reason", text, isCrash });
  };
  const onSignal = (name: unknown) => {
    if (askedMs !== undefined) {
      if (deps.clock.monotonicMs() - askedMs < SAME_SIGNAL_MS) return;
      deps.log.warn({ signal: name }, "second signal; exiting at once");
      host.exit(1);
      return;
    }
    ask(String(name));
  };
  const onCrash = (error: unknown) => {
    deps.log.fatal({ err: error }, "crashed");
    host.exit(1);
  };
  const onParentDeath = () => ask("the parent process died");
  const listeners: [string, (argument: unknown) => void][] = [
    ["SIGTERM", onSignal],
    ["SIGINT", onSignal],
    ["uncaughtException", onCrash],
    ["unhandledRejection", onCrash],
    ["disconnect", onParentDeath],
  ];
  for (const [event, listener] of listeners) host.on(event, listener);
  // Listening to "disconnect" would otherwise keep a finished process alive.
  host.channel?.unref?.();
  if (config.parentPid !== undefined) {
    void exitWhenParentDies(config.parentPid, { ...deps, host }, watching.signal).then(
      onParentDeath,
      () => {},
    );
  }
  return {
    asked,
    dispose() {
      watching.abort(new Error("stopped"));
      for (const [event, listener] of listeners) host.off(event, listener);
    },
  };
}

/**
 * Resolves once the parent is gone; rejects when `signal` aborts.
 *
 * A child is given to another parent when its own dies, so a changed `ppid` is proof even where
 * the parent's number was given to a new process.
 */
export async function exitWhenParentDies(
  parentPid: number,
  deps: { clock: Clock; host: Pick<ProcessHost, "ppid"> },
  signal: AbortSignal,
): Promise<void> {
  const isDirect = deps.host.ppid === parentPid;
  while (isDirect ? deps.host.ppid === parentPid : isAlive(parentPid)) {
    await deps.clock.sleep(PARENT_POLL_MS, signal);
  }
}

/** Whether a process with this number exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
