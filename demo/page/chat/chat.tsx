/** Comments, and the field to write one. */
import { OvationError } from "ovation-client";
import { useComments } from "ovation-client/react";
import { useRef, useState } from "react";
import { commentOf, type DemoVideo, NAME_LENGTH, TEXT_LENGTH } from "../kinds.ts";
import { LikeButton } from "../like-button.tsx";
import { CommentList } from "./comment-list.tsx";
import { useOwnName } from "./own-name.ts";

/** Older ones are dropped. */
const SHOWN = 300;

export function Chat({ video }: { readonly video: DemoVideo }) {
  const comments = useComments(video, { limit: SHOWN, parse: commentOf });
  const { pending, fault, send } = useSending(video);
  const [name, rename] = useOwnName();

  return (
    <section className="chat" aria-label="Comments and likes">
      <CommentList comments={comments} pending={pending} />
      <div className="chat-bar">
        <Compose name={name} rename={rename} send={(text) => send(name, text)} />
        <LikeButton video={video} />
      </div>
      <p className="chat-fault" role="alert">
        {fault}
      </p>
    </section>
  );
}

interface Sending {
  readonly key: number;
  readonly name: string;
  readonly text: string;
}

/** Publishes comments, and tracks those that are not stored yet. */
function useSending(video: DemoVideo) {
  const [pending, setPending] = useState<readonly Sending[]>([]);
  const [fault, setFault] = useState("");
  const count = useRef(0);

  const send = (name: string, text: string) => {
    count.current += 1;
    const sending = { key: count.current, name, text };
    setPending((all) => [...all, sending]);
    setFault("");
    video
      .publish("comment", { name, text })
      .catch((error: unknown) => {
        const why = error instanceof OvationError ? error.message : String(error);
        setFault(`“${text}” could not be sent: ${why}`);
      })
      .finally(() => setPending((all) => all.filter(({ key }) => key !== sending.key)));
  };
  return { pending, fault, send };
}

interface ComposeProps {
  readonly name: string;
  readonly rename: (name: string) => void;
  readonly send: (text: string) => void;
}

function Compose({ name, rename, send }: ComposeProps) {
  const [text, setText] = useState("");
  const submit = (event: { preventDefault(): void }) => {
    event.preventDefault();
    if (text.trim() === "") return;
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
          placeholder="Say something"
          autoComplete="off"
          enterKeyHint="send"
          onChange={({ target }) => setText(target.value)}
        />
      </label>
      <button type="submit" className="compose-send" aria-label="Send">
        <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 12h15M13 6l6 6-6 6" />
        </svg>
      </button>
    </form>
  );
}
