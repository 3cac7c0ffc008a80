import { request } from "node:http";
import { z } from "zod";

export type ProbeResult =
  | { readonly kind: "ready" }
  /** It answers, and says that it wants no work. */
  | { readonly kind: "not-ready"; readonly detail: string }
  | { readonly kind: "deaf"; readonly detail: string };

const BODY_CHARS_MAX = 16 * 1024;

/** Asks a process on loopback whether it wants work. Never rejects. */
export function probe(target: {
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
}): Promise<ProbeResult> {
  const signal = AbortSignal.timeout(target.timeoutMs);
  const { port, path } = target;
  return new Promise((resolve) => {
    const asking = request({ host: "127.0.0.1", port, path, agent: false, signal }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (text: string) => {
        if (body.length < BODY_CHARS_MAX) body += text;
      });
      answer.on("error", (error) => resolve({ kind: "deaf", detail: error.message }));
      answer.on("end", () => {
        const isReady = answer.statusCode === 200;
        resolve(isReady ? { kind: "ready" } : { kind: "not-ready", detail: describe(body) });
      });
    });
    asking.on("error", (error) => resolve({ kind: "deaf", detail: error.message }));
    asking.end();
  });
}

const Report = z.object({
  checks: z.array(z.object({ name: z.string(), isOk: z.boolean(), detail: z.string().optional() })),
});

/** The failing checks of a readiness report, in a few words. */
function describe(body: string): string {
  const report = parseReport(body);
  if (!report) return body.slice(0, 200);
  const failing = report.checks.filter((check) => !check.isOk);
  return failing.map((check) => `${check.name}: ${check.detail ?? "fails"}`).join("; ");
}

function parseReport(body: string): z.infer<typeof Report> | undefined {
  try {
    return Report.parse(JSON.parse(body));
  } catch {
    // Not one of ours; its words are shown as they are.
    return undefined;
  }
}
