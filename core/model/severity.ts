/** How bad it is, from the least on. */
export const severities = ["info", "warning", "critical"] as const;
export type Severity = (typeof severities)[number];

/** Above 0 when `a` is worse than `b`, below 0 when it is less bad. */
export function compareSeverity(a: Severity, b: Severity): number {
  return severities.indexOf(a) - severities.indexOf(b);
}
