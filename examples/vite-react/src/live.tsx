import { ovationFor } from "ovation-client";
import {
  useComments,
  useConnection,
  useLikes,
  useTotals,
  useVideo,
  useViewers,
} from "ovation-client/react";
import { type FormEvent, useState } from "react";

interface Comment {
  text: string;
}

// One client for the application; `ovationFor` keeps it when Vite reloads this module.
const ovation = ovationFor<{ comment: Comment }>({
  url: import.meta.env.VITE_OVATION_URL ?? "http://127.0.0.1:8080",
});

/** Others published it, so it may be anything. */
function parse(data: unknown): Comment {
  const { text } = (data ?? {}) as Partial<Comment>;
  if (typeof text !== "string") throw new TypeError("a comment has a text");
  return { text };
}

export function Live({ id }: { id: string }) {
  const video = useVideo(ovation, id, { history: 50 });
  const viewers = useViewers(video);
  const { like = 0 } = useTotals(video);
  const { publish: publishLike } = useLikes(video);
  const { comments, error, publish } = useComments(video, { parse });
  const { name } = useConnection(ovation);
  const [text, setText] = useState("");

  async function send(event: FormEvent) {
    event.preventDefault();
    // Resolves when it is stored, and with undefined when it was refused.
    if ((await publish({ text })) !== undefined) setText("");
  }

  return (
    <main aria-busy={name !== "connected"}>
      <p>{viewers ?? "…"} watching</p>
      <button type="button" onClick={publishLike}>
        ♥ {like}
      </button>
      <ul>
        {comments.map((comment) => (
          <li key={comment.id}>{comment.data.text}</li>
        ))}
      </ul>
      <form onSubmit={send}>
        <input
          aria-label="Your comment"
          value={text}
          onChange={(event) => setText(event.target.value)}
          required
        />
        <button type="submit">Send</button>
        {error !== undefined && <p role="alert">{error.message}</p>}
      </form>
    </main>
  );
}
