/** The polls of the video: those that there are, and a new one. */
import type { Poll } from "ovation-client";
import { type FormEvent, useState } from "react";
import type { ModeratorActs } from "../acts/acts-of.ts";
import type { Acts } from "../acts/use-acts.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { forWords, numberWords, timeWords } from "../parts/words.ts";
import { choicesIn, choicesProblem } from "./choices.ts";

export type Polls = Readonly<Record<string, Poll>>;

interface PollsProps {
  readonly polls: Polls;
  readonly acts: Acts;
  readonly moderatorActs: ModeratorActs;
}

export function PollList({ polls, acts, moderatorActs }: PollsProps) {
  const [isOpening, setOpening] = useState(false);
  const [closing, setClosing] = useState<string>();
  const all = Object.entries(polls).toSorted(
    ([, one], [, other]) => other.createdAt - one.createdAt,
  );
  const poll = closing === undefined ? undefined : polls[closing];
  return (
    <>
      {all.length === 0 && <p className="hint">This video has had no poll yet.</p>}
      <ul className="entries">
        {all.map(([name, one]) => (
          <li key={name} className="entry is-poll">
            <PollEntry poll={one} />
            {!one.closed && (
              <button
                type="button"
                className="button is-small"
                aria-label={`Close the poll ${one.question}`}
                onClick={() => setClosing(name)}
              >
                Close …
              </button>
            )}
          </li>
        ))}
      </ul>
      <button type="button" className="button" onClick={() => setOpening(true)}>
        Open a poll …
      </button>
      {isOpening && (
        <NewPollDialog
          onClose={() => setOpening(false)}
          onOpen={(wish) => {
            setOpening(false);
            void acts.run(moderatorActs.openPoll(wish));
          }}
        />
      )}
      {closing !== undefined && poll !== undefined && (
        <Dialog title="Close the poll?" onClose={() => setClosing(undefined)}>
          <p className="quote">{poll.question}</p>
          <p>Its {numberWords(poll.total)} votes are final then. It can’t be opened again.</p>
          <footer className="form-foot">
            <button type="button" className="button" onClick={() => setClosing(undefined)}>
              Leave it open
            </button>
            <button
              type="button"
              className="button is-danger"
              data-focus
              onClick={() => {
                setClosing(undefined);
                void acts.run(moderatorActs.closePoll(closing, poll));
              }}
            >
              Close it
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}

function PollEntry({ poll }: { readonly poll: Poll }) {
  const { question, choices, votes, total, closed, closesAt } = poll;
  return (
    <div className="entry-body">
      <p className="entry-line">{question}</p>
      <ul className="tally">
        {choices.map((choice, at) => (
          <li key={choice} className="tally-line">
            <span>{choice}</span>
            <span className="number">
              {votes === undefined ? "–" : numberWords(votes[at] ?? 0)}
            </span>
          </li>
        ))}
      </ul>
      <p className="entry-more">
        {numberWords(total)} {total === 1 ? "vote" : "votes"} ·{" "}
        {closed ? "closed" : `open until ${timeWords(closesAt, Date.now())}`}
      </p>
    </div>
  );
}

const OPEN_MS = [60_000, 180_000, 300_000, 900_000, 3_600_000, 86_400_000] as const;
const QUESTION_LIMIT = 300;

interface NewPollDialogProps {
  readonly onOpen: (poll: Parameters<ModeratorActs["openPoll"]>[0]) => void;
  readonly onClose: () => void;
}

function NewPollDialog({ onOpen, onClose }: NewPollDialogProps) {
  const [question, setQuestion] = useState("");
  const [text, setText] = useState("");
  const [openMs, setOpenMs] = useState(180_000);
  const [changeable, setChangeable] = useState(true);
  const [isSecret, setSecret] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const choices = choicesIn(text);
    const found = choicesProblem(choices);
    setProblem(found);
    if (found !== undefined) return;
    const results = isSecret ? "end" : "live";
    onOpen({ question: question.trim(), choices, openMs, changeable, results });
  };
  return (
    <Dialog title="Open a poll" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field label="Question">
          {(id) => (
            <input
              id={id}
              required
              pattern=".*\S.*"
              maxLength={QUESTION_LIMIT}
              value={question}
              autoComplete="off"
              data-focus
              onChange={({ target }) => setQuestion(target.value)}
            />
          )}
        </Field>
        <Field label="Choices, one in each line">
          {(id) => (
            <textarea
              id={id}
              required
              rows={4}
              value={text}
              aria-invalid={problem !== undefined}
              onChange={({ target }) => {
                setText(target.value);
                setProblem(undefined);
              }}
            />
          )}
        </Field>
        <p className="fault" role="alert">
          {problem}
        </p>
        <Field label="Open for">
          {(id) => (
            <select
              id={id}
              value={openMs}
              onChange={({ target }) => setOpenMs(Number(target.value))}
            >
              {OPEN_MS.map((ms) => (
                <option key={ms} value={ms}>
                  {forWords(ms)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <label className="check">
          <input
            type="checkbox"
            checked={changeable}
            onChange={({ target }) => setChangeable(target.checked)}
          />
          Viewers may change their vote
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={isSecret}
            onChange={({ target }) => setSecret(target.checked)}
          />
          Show the votes only at the end
        </label>
        <footer className="form-foot">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button is-main">
            Open it
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
