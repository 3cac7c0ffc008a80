// A script of this folder in a process of its own, that is told things and answers them.

import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Helper<Order, Answer> extends AsyncDisposable {
  readonly pid: number | undefined;
  /** @throws when the process ends before it answers. */
  ask(order: Order): Promise<Answer>;
}

/** Starts `bench/<script>`; resolves when it says that it is ready. */
export async function startHelper<Order extends object, Answer>(
  script: string,
  options: unknown,
  execArgv: readonly string[] = [],
): Promise<Helper<Order, Answer>> {
  const entry = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(entry, [JSON.stringify(options)], { execArgv: [...execArgv] });
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`${script} ended with ${code}`);
  });
  exited.catch(() => {});
  const answer = async (): Promise<Answer> => {
    const [message] = await Promise.race([once(child, "message"), exited]);
    return message;
  };
  await answer();
  return {
    pid: child.pid,
    ask(order) {
      child.send(order);
      return answer();
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.disconnect();
      const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
      await gone;
      clearTimeout(late);
    },
  };
}
