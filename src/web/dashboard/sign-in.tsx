import { type FormEvent, useEffect, useRef, useState } from "react";
import { signInLink, signInWithToken } from "../client/session.ts";

/** Offers the company's sign-in, which comes back to this page. */
export function SignInOffer({ hasEnded }: { readonly hasEnded: boolean }) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => link.current?.focus(), []);
  return (
    <main className="gate">
      <div className="sign-in">
        <h1>Claude analytics</h1>
        <p className="muted" role={hasEnded ? "alert" : undefined}>
          {hasEnded
            ? "Your session has ended. Sign in again to go on where you are."
            : "Sign in with your company account to see figures of your organization."}
        </p>
        <a ref={link} className="button primary" href={signInLink() ?? "/"}>
          {hasEnded ? "Sign in again" : "Sign in"}
        </a>
      </div>
    </main>
  );
}

/** Asks for a token, which is kept for this tab only. */
export function SignIn({ isRejected }: { readonly isRejected: boolean }) {
  const [token, setToken] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (token.trim() !== "") signInWithToken(token);
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
