import { useState } from "react";
import type { FormEvent } from "react";
import { signIn } from "../session.ts";

/** Asks for a token when there is none, or when the server does not know it. */
export function SignIn() {
  const [given, setGiven] = useState("");
  const [state, setState] = useState<"asking" | "checking" | "refused">("asking");
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setState("checking");
    setState((await signIn(given)) ? "asking" : "refused");
  }
  return (
    <div className="sheet-back">
      <form
        className="sheet sign-in"
        role="dialog"
        aria-modal="true"
        aria-labelledby="sign-in-title"
        data-testid="sign-in"
        onSubmit={(event) => void submit(event)}
      >
        <h2 id="sign-in-title">Sign in</h2>
        <label className="field">
          <span>Token</span>
          <input
            type="password"
            autoComplete="off"
            autoFocus
            required
            value={given}
            aria-invalid={state === "refused"}
            onChange={(event) => setGiven(event.target.value)}
          />
        </label>
        {state === "refused" && (
          <p className="mistake" role="alert">
            The server does not know this token.
          </p>
        )}
        <button className="primary" disabled={state === "checking"}>
          {state === "checking" ? "Checking…" : "Open the console"}
        </button>
        <p className="muted">
          <code>npm start</code> prints a link that carries a token;{" "}
          <code>npx drover token create --role viewer</code> makes another.
        </p>
      </form>
    </div>
  );
}
