/** Comments, and the field to write one. */
import type { OvationError } from "ovation-client";
import { useComments } from "ovation-client/react";
import { useRef, useState } from "react";
import { type CommentData, commentOf, type DemoVideo, NAME_LENGTH, TEXT_LENGTH } from "../kinds.ts";
import { LikeButton } from "../like-button.tsx";
import { CommentList } from "./comment-list.tsx";
import { useOwnName } from "./own-name.ts";
import { useSecondsUntil } from "./seconds-until.ts";

/** Older ones are dropped. */
const SHOWN = 300;

export function Chat({ video }: { readonly video: DemoVideo }) {
  const { comments, canSendAt, error, publish } = useComments(video, {
    limit: SHOWN,
    parse: commentOf,
  });
  const { pending, failed, send } = useSending(publish);
  const seconds = useSecondsUntil(canSendAt);
  const [name, rename] = useOwnName();

  return (
    <section className="chat" aria-label="Comments and likes">
      <CommentList comments={comments} pending={pending} />
      <div className="chat-bar">
        <Compose
          name={name}
          rename={rename}
          placeholder={seconds > 0 ? `Slow mode: ${seconds} s` : "Say something"}
          isWaiting={seconds > 0}
          send={(text) => send(name, text)}
        />
        <LikeButton video={video} />
      </div>
      <p className="chat-fault" role="alert">
        {faultOf(failed, error)}
      </p>
    </section>
  );
}

function faultOf(text: string | undefined, error: OvationError | undefined): string {
  if (text === undefined || error === undefined) return "";
  return `“${text}” could not be sent: ${error.message}`;
}

interface Sending {
  readonly key: number;
  readonly name: string;
  readonly text: string;
}

/** Publishes comments, and tracks those that are not stored yet. */
function useSending(publish: (comment: CommentData) => Promise<unknown>) {
  const [pending, setPending] = useState<readonly Sending[]>([]);
  const [failed, setFailed] = useState<string>();
  const count = useRef(0);

  const send = (name: string, text: string) => {
    count.current += 1;
    const sending = { key: count.current, name, text };
    setPending((all) => [...all, sending]);
    void publish({ name, text }).then((published) => {
      setFailed(published === undefined ? text : undefined);
      setPending((all) => all.filter(({ key }) => key !== sending.key));
    });
  };
  return { pending, failed, send };
}

interface ComposeProps {
  readonly name: string;
  readonly rename: (name: string) => void;
  readonly placeholder: string;
  /** Whether nothing may be sent yet. */
  readonly isWaiting: boolean;
  readonly send: (text: string) => void;
}

function Compose({ name, rename, placeholder, isWaiting, send }: ComposeProps) {
  const [text, setText] = useState("");
  const submit = (event: { preventDefault(): void }) => {
    event.preventDefault();
    if (isWaiting || text.trim() === "") return;
    send(text.trim());
    setText("");
  };
  return (
    <form className="compose" onSubmit={submit}>
      <label className="compose-name">
        <span className="hidden">Your name</span>
        <input
          key={name}
          defaultValue={name}
          maxLength={NAME_LENGTH}
          size={Math.max(4, name.length)}
          spellCheck={false}
          autoComplete="off"
          onBlur={({ target }) => {
            rename(target.value);
            target.value = target.value.trim() === "" ? name : target.value.trim();
          }}
        />
      </label>
      <label className="compose-text">
        <span className="hidden">Your comment</span>
        <input
          value={text}
          maxLength={TEXT_LENGTH}
          placeholder={placeholder}
          autoComplete="off"
          enterKeyHint="send"
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <button type="submit" className="compose-send" aria-label="Send" disabled={isWaiting}>
        <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 12h15M13 6l6 6-6 6" />
        </svg>
      </button>
    </form>
  );
}
