import { z } from "zod";
import { server } from "./server.ts";

export const Session = z.object({
  role: z.enum(["viewer", "operator", "admin"]),
  label: z.string(),
  expiresAt: z.int().optional(),
});
export type Session = z.infer<typeof Session>;

/** Who this tab is. @throws AskError 401 when the token is no good */
export const askSession = (signal?: AbortSignal): Promise<Session> =>
  server.ask({ path: "/v1/session", answer: Session, signal });
