/** What was done last, with undo; and what failed, until it is dismissed. */
import { undoable } from "./act-log.ts";
import type { Acts } from "./use-acts.ts";

/** More would leave no room for the comments. */
const FAILURES = 3;

interface ActsBarProps {
  readonly acts: Acts;
  /** Something to say that is no act. */
  readonly said: string | undefined;
  /** Where the comments put what leads to the newest one. */
  readonly onEnd: (element: HTMLElement | null) => void;
}

export function ActsBar({ acts, said, onEnd }: ActsBarProps) {
  const { log } = acts;
  const failures = log.filter(({ state, isShown }) => state === "failed" && isShown);
  const last = log.findLast(({ state, isShown }) => state !== "failed" && isShown);
  const next = undoable(log);
  return (
    <div className="acts">
      {failures.slice(-FAILURES).map((entry) => (
        <div key={entry.id} className="failure" role="alert">
          <span className="failure-text">
            {entry.act.failed}: {entry.error}
          </span>
          <button type="button" className="button is-small" onClick={() => acts.retry(entry)}>
            Try again
          </button>
          <button type="button" className="button is-small" onClick={() => acts.hide(entry)}>
            Dismiss
          </button>
        </div>
      ))}
      <div className="acts-line">
        <p className="acts-text" role="status">
          {said ?? (last?.state === "doing" ? last.act.doing : last?.act.done) ?? ""}
        </p>
        {last === undefined && said === undefined && (
          <p className="acts-hint">
            <span className="for-keyboard">
              <kbd>j</kbd> <kbd>k</kbd> choose a comment · <kbd>?</kbd> all keys
            </span>
            <span className="for-touch">Tap a comment to act on it.</span>
          </p>
        )}
        <div className="acts-end">
          {next !== undefined && (
            <button
              type="button"
              className="button is-small acts-undo"
              aria-keyshortcuts="u"
              onClick={() => acts.undo()}
            >
              {next === last ? "Undo" : `Undo: ${next.act.done}`}
            </button>
          )}
          <span className="follow" ref={onEnd} />
        </div>
      </div>
    </div>
  );
}
