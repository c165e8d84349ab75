import { type FormEvent, useEffect, useRef, useState } from "react";
import { signIn } from "../client/session.ts";

/** Asks for a token, which is kept for this tab only. */
export function SignIn({ isRejected }: { readonly isRejected: boolean }) {
  const [token, setToken] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== "") signIn(token);
  };
  return (
    <main className="gate">
      <form onSubmit={submit} className="sign-in">
        <h1>Claude analytics</h1>
        <p className="muted">This gateway answers callers who have a token. Its operator makes them.</p>
        <label htmlFor="token">Your token</label>
        <input
          ref={field}
          id="token"
          className="field"
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={token}
          aria-invalid={isRejected}
          aria-describedby="token-note"
          onChange={({ target }) => setToken(target.value)}
        />
        <p id="token-note" className="muted" role={isRejected ? "alert" : undefined}>
          {isRejected
            ? "The gateway does not accept this token. It may be mistyped, expired or revoked."
            : "It is kept for this tab only, and forgotten when you close it."}
        </p>
        <button type="submit" className="button primary">
          Sign in
        </button>
      </form>
    </main>
  );
}
