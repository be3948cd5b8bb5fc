/** Asks for how long, and why, somebody is muted, banned or shadowed. */
import type { Ban, BanOptions } from "ovation-client";
import { type FormEvent, useState } from "react";
import { authorOf } from "../comments/comment-of.ts";
import type { Comment } from "../comments/feed.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { forWords } from "../parts/words.ts";

export interface BanWish {
  readonly actor: string;
  readonly options: BanOptions;
  readonly deletesComments: boolean;
}

interface BanDialogProps {
  readonly mode: Ban["mode"];
  /** Undefined: the moderator names an actor. */
  readonly comment: Comment | undefined;
  readonly onBan: (wish: BanWish) => void;
  readonly onClose: () => void;
}

const VERBS = { mute: "Mute", ban: "Ban", shadow: "Shadow" } as const;
const MEANINGS = {
  mute: "May watch, but not comment.",
  ban: "May neither comment nor watch, and is put out now.",
  shadow: "Is answered as if all were well, but nobody else sees what it writes.",
} as const;
const MODES = ["mute", "ban", "shadow"] as const;

const DURATIONS_MS = [600_000, 3_600_000, 86_400_000, 604_800_000] as const;
const ENDLESS = "endless";
const MUTE_MS = 600_000;
const REASONS = ["Spam", "Insult", "Hate", "Spoiler", "Advertising"] as const;
/** Characters, as the API allows. */
const REASON_LIMIT = 500;

export function BanDialog({ mode: given, comment, onBan, onClose }: BanDialogProps) {
  const [mode, setMode] = useState(given);
  const [named, setNamed] = useState("");
  const [duration, setDuration] = useState(given === "mute" ? String(MUTE_MS) : ENDLESS);
  const [reason, setReason] = useState("");
  const [deletesComments, setDeletes] = useState(false);
  const actor = comment?.actor ?? named.trim();
  const who = comment === undefined ? "somebody" : authorOf(comment);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (actor === "") return;
    const options = {
      mode,
      ...(duration === ENDLESS ? {} : { forMs: Number(duration) }),
      ...(reason.trim() === "" ? {} : { reason: reason.trim() }),
    };
    onBan({ actor, options, deletesComments });
  };
  return (
    <Dialog title={`${VERBS[mode]} ${who}`} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {comment === undefined ? (
          <>
            <Field label="Actor">
              {(id) => (
                <input
                  id={id}
                  required
                  value={named}
                  maxLength={128}
                  autoComplete="off"
                  spellCheck={false}
                  data-focus
                  onChange={({ target }) => setNamed(target.value)}
                />
              )}
            </Field>
            <Field label="What">
              {(id) => (
                <select
                  id={id}
                  value={mode}
                  onChange={({ target }) => setMode(target.value as Ban["mode"])}
                >
                  {MODES.map((one) => (
                    <option key={one} value={one}>
                      {VERBS[one]}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          </>
        ) : (
          <blockquote className="quote">{comment.text}</blockquote>
        )}
        <p className="hint">{MEANINGS[mode]}</p>
        <Field label="Reason, for other moderators">
          {(id) => (
            <input
              id={id}
              value={reason}
              maxLength={REASON_LIMIT}
              autoComplete="off"
              data-focus={comment !== undefined}
              onChange={({ target }) => setReason(target.value)}
            />
          )}
        </Field>
        <ul className="chips" aria-label="Usual reasons">
          {REASONS.map((one) => (
            <li key={one}>
              <button
                type="button"
                className="chip"
                aria-pressed={reason === one}
                onClick={() => setReason(one)}
              >
                {one}
              </button>
            </li>
          ))}
        </ul>
        <Field label="For how long">
          {(id) => (
            <select id={id} value={duration} onChange={({ target }) => setDuration(target.value)}>
              {DURATIONS_MS.map((ms) => (
                <option key={ms} value={ms}>
                  {forWords(ms)}
                </option>
              ))}
              <option value={ENDLESS}>until it is taken back</option>
            </select>
          )}
        </Field>
        <label className="check">
          <input
            type="checkbox"
            checked={deletesComments}
            onChange={({ target }) => setDeletes(target.checked)}
          />
          Also delete all of its comments on this video, for good
        </label>
        <footer className="form-foot">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button is-danger">
            {VERBS[mode]} {duration === ENDLESS ? "" : `for ${forWords(Number(duration))}`}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
