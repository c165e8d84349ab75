import { type FormEvent, useEffect, useRef, useSyncExternalStore } from "react";
import { pageSettings } from "../client/page-settings.ts";
import { onSessionChange, sessionState, signIn, signOut } from "../client/session.ts";

/** Sign-in and sign-out in the toolbar, and the dialog that asks for a token when the gateway does. Modal, so that Escape closes it. */
export function TokenButton({ onSignIn }: { readonly onSignIn: () => void }) {
  const state = useSyncExternalStore(onSessionChange, sessionState);
  const dialog = useRef<HTMLDialogElement>(null);
  const isAsking = state === "token-needed" || state === "token-rejected";
  useEffect(() => {
    if (isAsking && dialog.current?.open === false) dialog.current.showModal();
  }, [isAsking]);
  if (pageSettings.tokenHeader === null) return null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("token") ?? "");
    if (token.trim() === "") return;
    event.currentTarget.reset();
    dialog.current?.close();
    signIn(token);
    onSignIn();
  };
  return (
    <>
      {state === "signed-in" ? (
        <button type="button" className="button quiet" onClick={signOut}>
          Sign out
        </button>
      ) : (
        <button type="button" className="button quiet" onClick={() => dialog.current?.showModal()}>
          Sign in
        </button>
      )}
      <dialog ref={dialog} className="dialog" aria-labelledby="token-title">
        <form onSubmit={submit}>
          <h2 id="token-title">Sign in</h2>
          <label htmlFor="token">Your token</label>
          <input
            id="token"
            name="token"
            className="field wide"
            type="password"
            required
            autoComplete="off"
            spellCheck={false}
            aria-describedby="token-note"
          />
          <p id="token-note" className="muted" role={state === "token-rejected" ? "alert" : undefined}>
            {state === "token-rejected"
              ? "The gateway does not accept this token. It may be mistyped, expired or revoked."
              : "It is kept for this tab only, and forgotten when you close it."}
          </p>
          <div className="row end">
            <button type="button" className="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
            <button type="submit" className="button primary">
              Sign in
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
