/**
 * What a process waits for: a pipeline ends by itself only when it fails; when it was asked to stop,
 * `drain` waits for it.
 */
export async function endOf(working: Promise<void>, signal: AbortSignal): Promise<void> {
  await working;
  if (signal.aborted) await new Promise<never>(() => {});
}
