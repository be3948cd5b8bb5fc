/** What is moderated, by whom, and whether the console is connected. */
import { useConnection } from "ovation-client/react";
import type { ConsoleOvation } from "./kinds.ts";
import { numberWords } from "./parts/words.ts";
import type { Claims } from "./session/claims.ts";
import type { VideoNumbers } from "./videos/use-numbers.ts";

interface HeaderProps {
  readonly ovation: ConsoleOvation;
  readonly video: string | undefined;
  readonly numbers: VideoNumbers | undefined;
  readonly claims: Claims;
  readonly signOut: () => void;
  readonly help: () => void;
}

export function Header({ ovation, video, numbers, claims, signOut, help }: HeaderProps) {
  return (
    <header className="top">
      <h1 className="brand">
        <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
          <path d="M16 28C6 21 3 16.5 3 11.8 3 7.4 6.3 4.5 9.8 4.5c2.6 0 5 1.5 6.2 4.1 1.2-2.6 3.6-4.1 6.2-4.1 3.5 0 6.8 2.9 6.8 7.3C29 16.5 26 21 16 28Z" />
        </svg>
        <span className="brand-name">Ovation</span> <span className="brand-part">Console</span>
      </h1>
      {video !== undefined && (
        <p className="top-video">
          <bdi className="top-name">{video}</bdi>
          <span className="top-numbers">
            <span className="number" data-testid="viewers">
              {numbers?.viewers === undefined ? "…" : numberWords(numbers.viewers)}
            </span>{" "}
            watching ·{" "}
            <span className="number">
              {numbers?.perMinute === undefined ? "…" : numberWords(numbers.perMinute)}
            </span>{" "}
            comments/min
          </span>
        </p>
      )}
      <div className="top-end">
        <Status ovation={ovation} />
        <p className="top-who">
          {claims.actor === undefined ? (
            "Your token has no name"
          ) : (
            <>
              <span className="hidden">You are </span>
              <bdi className="number">{claims.actor}</bdi>
            </>
          )}
        </p>
        <button type="button" className="button is-small top-out" onClick={signOut}>
          Sign out
        </button>
        <button type="button" className="button is-small" aria-keyshortcuts="?" onClick={help}>
          Help <kbd>?</kbd>
        </button>
      </div>
    </header>
  );
}

/** Says something only where there is something to say. */
function Status({ ovation }: Pick<HeaderProps, "ovation">) {
  const state = useConnection(ovation);
  const isWell = state.name === "connected" && !state.isStale;
  const tone = isWell ? "is-connected" : state.name === "idle" ? "is-idle" : "is-troubled";
  return (
    <p className={`status ${tone}`} role="status">
      <span className="status-dot" aria-hidden="true" />
      {textOf(state)}
    </p>
  );
}

function textOf(state: ConsoleOvation["state"]): string {
  switch (state.name) {
    case "connected":
      return state.isStale ? "Nothing new arrives at the moment" : "Live";
    case "reconnecting":
      return `Reconnecting: ${state.reason.message}`;
    case "closed":
      return `Closed: ${state.reason.message}`;
    case "connecting":
      return "Connecting …";
    case "idle":
      return "No video";
  }
}
