import { type FormEvent, type RefObject, useEffect, useRef, useSyncExternalStore } from "react";
import { pageSettings } from "../client/page-settings.ts";
import {
  onSessionChange,
  type SessionState,
  sessionState,
  signedInName,
  signInLink,
  signInWithToken,
  signOut,
} from "../client/session.ts";

/** States in which the gateway has rejected the caller. */
const ASKING: readonly SessionState[] = ["token-needed", "token-rejected", "sign-in-needed", "session-ended"];

/** Sign-in and sign-out in the toolbar, and the dialog that opens when the gateway asks who the caller is. Modal, so that Escape closes it. */
export function TokenButton({ onSignIn }: { readonly onSignIn: () => void }) {
  const state = useSyncExternalStore(onSessionChange, sessionState);
  const name = useSyncExternalStore(onSessionChange, signedInName);
  const dialog = useRef<HTMLDialogElement>(null);
  const isAsking = ASKING.includes(state);
  useEffect(() => {
    if (isAsking && dialog.current?.open === false) dialog.current.showModal();
  }, [isAsking]);
  if (pageSettings.tokenHeader === null) return null;
  return (
    <>
      {state === "signed-in" ? (
        <button
          type="button"
          className="button quiet"
          title={name === null ? undefined : `Signed in as ${name}`}
          onClick={() => void signOut()}
        >
          Sign out
        </button>
      ) : (
        <button type="button" className="button quiet" onClick={() => dialog.current?.showModal()}>
          Sign in
        </button>
      )}
      <dialog ref={dialog} className="dialog" aria-labelledby="token-title">
        {pageSettings.signInUrl === null ? (
          <TokenForm dialog={dialog} isRejected={state === "token-rejected"} onSignIn={onSignIn} />
        ) : (
          <SignInOffer dialog={dialog} hasEnded={state === "session-ended"} />
        )}
      </dialog>
    </>
  );
}

interface DialogProps {
  readonly dialog: RefObject<HTMLDialogElement | null>;
}

/** Leads to the company's sign-in, which comes back to the workbench with its tabs as they are. */
function SignInOffer({ dialog, hasEnded }: DialogProps & { readonly hasEnded: boolean }) {
  return (
    <>
      <h2 id="token-title">Sign in</h2>
      <p className="muted" role={hasEnded ? "alert" : undefined}>
        {hasEnded
          ? "Your session has ended. Sign in again to go on; your queries are kept."
          : "Sign in with your company account to run queries."}
      </p>
      <div className="row end">
        <button type="button" className="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <a className="button primary" href={signInLink() ?? "/"}>
          Sign in
        </a>
      </div>
    </>
  );
}

interface TokenFormProps extends DialogProps {
  readonly isRejected: boolean;
  readonly onSignIn: () => void;
}

function TokenForm({ dialog, isRejected, onSignIn }: TokenFormProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = String(new FormData(event.currentTarget).get("token") ?? "");
    if (token.trim() === "") return;
    event.currentTarget.reset();
    dialog.current?.close();
    signInWithToken(token);
    onSignIn();
  };
  return (
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
      <p id="token-note" className="muted" role={isRejected ? "alert" : undefined}>
        {isRejected
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
  );
}
