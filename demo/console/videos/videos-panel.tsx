/** The videos that have viewers now, to choose one. */
import { type FormEvent, type KeyboardEvent, useId, useState } from "react";
import { Panel } from "../parts/panel.tsx";
import { numberWords } from "../parts/words.ts";
import type { ListedVideo } from "../session/use-access.ts";
import { useKeys } from "../use-keys.ts";
import type { VideoNumbers } from "./use-numbers.ts";

const VIDEO_ID = /^[A-Za-z0-9_-]{1,128}$/;

interface VideosPanelProps {
  readonly videos: readonly ListedVideo[];
  /** Why the list is old. */
  readonly fault: string | undefined;
  readonly numbersOf: (video: string) => VideoNumbers;
  readonly chosen: string | undefined;
  readonly choose: (video: string) => void;
  readonly hasShortcuts: boolean;
}

export function VideosPanel(props: VideosPanelProps) {
  const { videos, fault, numbersOf, chosen, choose, hasShortcuts } = props;
  const isListed = chosen === undefined || videos.some(({ video }) => video === chosen);
  const all = isListed ? videos : [{ video: chosen, viewers: 0 }, ...videos];
  const move = (step: 1 | -1) => () => moveFocus(step);
  useKeys({ next: move(1), previous: move(-1) }, hasShortcuts);
  return (
    <Panel name="videos" title="Live videos">
      <p className="fault" role="alert">
        {fault === undefined ? "" : `The list may be old: ${fault}`}
      </p>
      {videos.length === 0 && (
        <p className="empty">Nobody watches a video that you may moderate at the moment.</p>
      )}
      <ul className="videos" data-list="videos">
        {all.map(({ video, viewers }) => {
          const numbers = numbersOf(video);
          return (
            <li key={video}>
              <button
                type="button"
                className="video"
                aria-current={video === chosen}
                onClick={() => choose(video)}
              >
                <bdi className="video-name">{video}</bdi>
                <span className="video-numbers number">
                  <span>
                    {numberWords(numbers.viewers ?? viewers)}
                    <span className="video-unit"> watching</span>
                  </span>
                  <span>
                    {numbers.perMinute === undefined ? "…" : numberWords(numbers.perMinute)}
                    <span className="video-unit"> comments/min</span>
                  </span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      <Other choose={choose} />
    </Panel>
  );
}

/** @returns false where the focus is elsewhere */
function moveFocus(step: 1 | -1): boolean {
  const buttons = [...document.querySelectorAll<HTMLElement>('[data-list="videos"] button')];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return false;
  buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)]?.focus();
  return true;
}

/** A video that nobody watches is not in the list. */
function Other({ choose }: Pick<VideosPanelProps, "choose">) {
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const video = text.trim();
    if (!VIDEO_ID.test(video)) return setWrong(true);
    setText("");
    choose(video);
  };
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key !== "Enter") setWrong(false);
  };
  return (
    <form className="other" onSubmit={submit}>
      <label htmlFor={id}>Another video, by its id</label>
      <span className="field-row">
        <input
          id={id}
          value={text}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          aria-invalid={isWrong}
          onKeyDown={onKeyDown}
          onChange={({ target }) => setText(target.value)}
        />
        <button type="submit" className="button">
          Open
        </button>
      </span>
      <p className="fault" role="alert">
        {isWrong ? "A video’s id is 1 to 128 of A-Z a-z 0-9 _ -" : ""}
      </p>
    </form>
  );
}
