import type { Clock } from "./clock.ts";

/**
 * A failing "live" check means: restart me. A failing "ready" check means: send me no work. A
 * failing "note" means: I work, but not as well as I could; only `/health` tells it.
 */
export type CheckKind = "live" | "ready" | "note";

export type CheckResult = { readonly isOk: boolean; readonly detail?: string };

export type Check = {
  readonly name: string;
  readonly kind: CheckKind;
  /** Longest time the check may take; 1 s when absent. Too late is a failure. */
  readonly timeoutMs?: number;
  /** Throwing is a failure too. */
  check(signal: AbortSignal): CheckResult | Promise<CheckResult>;
};

export type CheckReport = CheckResult & { readonly name: string; readonly kind: CheckKind };

export type HealthReport = {
  readonly status: "pass" | "fail";
  readonly checks: readonly CheckReport[];
};

export interface Health {
  addCheck(check: Check): void;
  /** Whether this process wants work at all: false while it starts and once it stops. */
  setReady(isReady: boolean, detail: string): void;
  liveness(): Promise<HealthReport>;
  readiness(): Promise<HealthReport>;
  /** All kinds, for people. */
  everything(): Promise<HealthReport>;
}

/** Answers are kept for this long, so that probing costs the same however often it is done. */
const REPORT_AGE_MS_MAX = 200;
const CHECK_TIMEOUT_MS = 1_000;

export function createHealth(deps: { clock: Clock }): Health {
  const checks: Check[] = [];
  let own: CheckReport = { name: "process", kind: "ready", isOk: false, detail: "starting" };
  const kept = new Map<CheckKind, { atMs: number; reports: Promise<readonly CheckReport[]> }>();

  function runChecks(kind: CheckKind): Promise<readonly CheckReport[]> {
    const nowMs = deps.clock.monotonicMs();
    const last = kept.get(kind);
    if (last && nowMs - last.atMs < REPORT_AGE_MS_MAX) return last.reports;
    const reports = Promise.all(checks.filter((check) => check.kind === kind).map(runCheck));
    kept.set(kind, { atMs: nowMs, reports });
    return reports;
  }

  async function runCheck(check: Check): Promise<CheckReport> {
    const ending = new AbortController();
    const timeoutMs = check.timeoutMs ?? CHECK_TIMEOUT_MS;
    const tooLate = deps.clock.sleep(timeoutMs, ending.signal).then(
      (): CheckResult => ({ isOk: false, detail: `no answer within ${timeoutMs} ms` }),
      (): CheckResult => ({ isOk: false, detail: "ended" }),
    );
    try {
      const asked = Promise.resolve(check.check(ending.signal));
      return { name: check.name, kind: check.kind, ...(await Promise.race([asked, tooLate])) };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { name: check.name, kind: check.kind, isOk: false, detail };
    } finally {
      ending.abort();
    }
  }

  const liveness = async () => summarize(await runChecks("live"));
  const readiness = async () => {
    const reports = await runChecks("ready");
    return summarize([own, ...reports]);
  };
  return {
    liveness,
    readiness,
    addCheck(check) {
      checks.push(check);
      kept.clear();
    },
    setReady(isReady, detail) {
      own = { name: "process", kind: "ready", isOk: isReady, detail };
    },
    async everything() {
      const [live, ready, notes] = await Promise.all([liveness(), readiness(), runChecks("note")]);
      return summarize([...live.checks, ...ready.checks, ...notes]);
    },
  };
}

function summarize(checks: readonly CheckReport[]): HealthReport {
  return { status: checks.every((check) => check.isOk) ? "pass" : "fail", checks };
}
