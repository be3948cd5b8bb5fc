/** The poll: its question, and its choices as buttons with the tally behind them. */
import type { Poll } from "ovation-client";
import { usePoll, useVideoState } from "ovation-client/react";
import { useEffect, useId, useState } from "react";
import type { DemoVideo } from "../kinds.ts";
import { newestPoll } from "./newest-poll.ts";
import { useOwnVote } from "./own-vote.ts";

/** The video's newest poll; nothing while it has none. */
export function PollCard({ video }: { readonly video: DemoVideo }) {
  const name = useVideoState(video, "polls", { parse: newestPoll });
  return name === undefined ? null : <NamedPoll video={video} name={name} />;
}

function NamedPoll({ video, name }: { readonly video: DemoVideo; readonly name: string }) {
  const { poll, vote, error } = usePoll(video, name);
  const own = useOwnVote(name, poll);
  const questionId = useId();
  return (
    <section className="poll" aria-labelledby={questionId}>
      <h2 className="poll-question" id={questionId}>
        {poll?.question ?? "…"}
      </h2>
      {poll === undefined ? null : (
        <>
          <ul className="poll-choices">
            {poll.choices.map((choice, index) => (
              <li key={choice}>
                <Choice
                  choice={choice}
                  votes={poll.votes?.[index]}
                  total={poll.total}
                  isOwn={own === index}
                  isLeading={poll.closed && isMost(poll, index)}
                  isClosed={poll.closed}
                  onVote={() => void vote(index)}
                />
              </li>
            ))}
          </ul>
          <p className="poll-foot">
            <span>
              <span className="number" data-testid="poll-total">
                {poll.total.toLocaleString("en")}
              </span>{" "}
              {poll.total === 1 ? "vote" : "votes"}
            </span>
            <TimeLeft poll={poll} />
          </p>
          <p className="hidden" role="status">
            {poll.closed ? `The poll is closed. ${resultOf(poll)}` : ""}
          </p>
          <p className="poll-fault" role="alert">
            {error === undefined ? "" : `Your vote was not counted: ${error.message}`}
          </p>
        </>
      )}
    </section>
  );
}

interface ChoiceProps {
  readonly choice: string;
  /** Undefined where the poll tells it only at its end. */
  readonly votes: number | undefined;
  readonly total: number;
  readonly isOwn: boolean;
  readonly isLeading: boolean;
  readonly isClosed: boolean;
  readonly onVote: () => void;
}

function Choice({ choice, votes, total, isOwn, isLeading, isClosed, onVote }: ChoiceProps) {
  const share = votes === undefined || total === 0 ? 0 : votes / total;
  return (
    <button
      type="button"
      className={isLeading ? "poll-choice is-leading" : "poll-choice"}
      aria-pressed={isOwn}
      // It keeps the focus, unlike a disabled one.
      aria-disabled={isClosed}
      onClick={isClosed ? undefined : onVote}
    >
      <span className="poll-bar" style={{ width: `${100 * share}%` }} aria-hidden="true" />
      <span className="poll-name">
        {choice}
        {isOwn && <CheckIcon />}
      </span>
      {votes === undefined ? null : (
        <span className="poll-tally number">
          <span>{votes.toLocaleString("en")}</span>
          <span className="hidden">{votes === 1 ? "vote" : "votes"},</span>
          <span className="poll-share">{Math.round(100 * share)}%</span>
        </span>
      )}
    </button>
  );
}

function CheckIcon() {
  return (
    <svg className="icon poll-own" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M5 12.5l4.5 4.5L19 7.5" />
    </svg>
  );
}

/** How long it is still open, by this machine's clock, which may differ from the dispatchers'. */
function TimeLeft({ poll: { closed, closesAt } }: { readonly poll: Poll }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (closed) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [closed]);
  if (closed) return <span className="poll-closed">Closed</span>;
  const seconds = Math.max(0, Math.ceil((closesAt - now) / 1_000));
  return <span className="number">{clockOf(seconds)} left</span>;
}

/** Such as 2:05, or 23:59:00 for a poll that is open for a day. */
function clockOf(seconds: number): string {
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const [first, ...others] = parts[0] === 0 ? parts.slice(1) : parts;
  return [first, ...others.map((part) => String(part).padStart(2, "0"))].join(":");
}

function isMost({ votes }: Poll, index: number): boolean {
  const count = votes?.[index] ?? 0;
  return count > 0 && count === Math.max(...(votes ?? []));
}

function resultOf(poll: Poll): string {
  const winners = poll.choices.filter((_, index) => isMost(poll, index));
  return winners.length === 0 ? "Nobody voted." : `Most votes: ${winners.join(", ")}.`;
}
