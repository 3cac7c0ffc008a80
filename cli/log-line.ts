import { z } from "zod";

const Line = z.looseObject({ time: z.string(), level: z.string(), msg: z.string().optional() });

/** A JSON line for people: time, level, message, then the facts. Others stay as they are. */
export function formatLine(text: string): string {
  const line = parseLine(text);
  if (!line) return text;
  const { time, level, msg = "", service: _, instance: __, err, ...facts } = line;
  const words = Object.entries(facts).map(([name, value]) => `${name}=${show(value)}`);
  const parts = [time.slice(11, 23), level.toUpperCase().padEnd(5), msg, ...words];
  if (err !== undefined) parts.push(show(err));
  return parts.filter((part) => part !== "").join(" ");
}

function parseLine(text: string): z.infer<typeof Line> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return Line.parse(JSON.parse(text));
  } catch {
    // Not a line of ours.
    return undefined;
  }
}

function show(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "message" in value)
    return String(value.message);
  return JSON.stringify(value);
}
