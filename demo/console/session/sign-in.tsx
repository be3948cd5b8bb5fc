/** What is shown without a token, or with one that may not moderate. */
import { type FormEvent, useId, useState } from "react";
import type { ApiError } from "./api.ts";
import { claimsOf, whatIsMissing } from "./claims.ts";

interface SignInProps {
  /** The token that was refused, and why; undefined: there was none. */
  readonly refused: { readonly token: string; readonly error: ApiError } | undefined;
  readonly onToken: (token: string) => void;
}

export function SignIn({ refused, onToken }: SignInProps) {
  const [text, setText] = useState("");
  const fieldId = useId();
  const hintId = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "") onToken(text.trim());
  };
  return (
    <main className="sign-in">
      <h1 className="sign-in-title">
        {refused === undefined ? "Moderators’ console" : titleOf(refused.error)}
      </h1>
      {refused === undefined ? (
        <p>The console needs a token that may moderate.</p>
      ) : (
        <div role="alert" className="sign-in-why">
          <p>{wordsOf(refused)}</p>
          <p className="sign-in-code">
            The gateway says: {refused.error.message} ({refused.error.code})
          </p>
        </div>
      )}
      <p id={hintId} className="sign-in-hint">
        It must cover the videos (<code>videos</code>) and have the scope <code>moderate</code>, or{" "}
        <code>moderate@launch</code> for one video. <code>sub</code> says who you are in the record.
        Your backend signs it: <code>docs/authentication.md</code>.
      </p>
      <form onSubmit={submit} className="sign-in-form">
        <label htmlFor={fieldId}>Token or API key</label>
        <input
          id={fieldId}
          type="password"
          value={text}
          autoComplete="off"
          spellCheck={false}
          aria-describedby={hintId}
          onChange={({ target }) => setText(target.value)}
        />
        <button type="submit" className="button is-main">
          Use this token
        </button>
      </form>
      <p className="sign-in-hint">It stays in this tab, until you close it.</p>
    </main>
  );
}

function titleOf({ status }: ApiError): string {
  return status === 403 ? "This token may not moderate" : "This token is not accepted";
}

function wordsOf({ token, error }: { readonly token: string; readonly error: ApiError }): string {
  if (error.status === 403) return whatIsMissing(claimsOf(token));
  return error.code === "token_expired"
    ? "It has expired. Get a fresh one."
    : "It is invalid, or was not signed for this deployment.";
}
