import { z } from "zod";
import type { Tokens } from "@drover/core/records/tokens";
import { unauthorized } from "@drover/core/service/problem";
import { route, type Route } from "./route.ts";
import { EpochMs, json } from "./shapes.ts";

const Session = z.strictObject({
  role: z.enum(["viewer", "operator", "admin"]),
  label: z.string().meta({ description: "whose token it is" }),
  expiresAt: EpochMs.optional(),
});

/** Who asks: what a page needs to know before it shows anything that can be changed. */
export function sessionRoutes(deps: { readonly tokens: Pick<Tokens, "get"> }): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/session",
      summary: "Role, label and end of the token that asks",
      access: "viewer",
      answer: json(Session),
      handle: async ({ reply }): Promise<z.input<typeof Session>> => {
        const { principal } = reply.request;
        const token = principal && (await deps.tokens.get(principal.tokenId));
        // Access leaves nobody else here; a token that is gone was so a moment ago.
        if (token === undefined || token.role === "edge") {
          throw unauthorized("the token is unknown, revoked or expired");
        }
        const { role, label, expiresAt } = token;
        return { role, label, ...(expiresAt !== undefined && { expiresAt }) };
      },
    }),
  ];
}
