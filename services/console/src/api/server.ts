// The server that this page came from, asked with this tab's token.

import { setLink, setSession } from "../state/actions.ts";
import { token } from "../state/token.ts";
import { createClient } from "./client.ts";

export const server = createClient(
  { baseUrl: "", timeoutMs: 20_000 },
  {
    token,
    onSignedOut() {
      setSession(undefined);
      setLink("signed-out");
    },
    fetch: (input, init) => fetch(input, init),
  },
);
