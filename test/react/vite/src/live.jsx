import { ovationFor } from "ovation-client";
import { useComments, useConnection, useLikes, useVideo, useViewers } from "ovation-client/react";

const ovation = ovationFor({ url: "/" });

const textOf = (data) => String(data?.text ?? "");

export function Live({ id }) {
  const video = useVideo(ovation, id, { history: 50 });
  const { total, publish } = useLikes(video);
  const { comments } = useComments(video, { parse: textOf });
  const { name, via } = useConnection(ovation);
  return (
    <main>
      <h1>Edit 0</h1>
      <p id="state">{via ?? name}</p>
      <p id="viewers">{useViewers(video) ?? "…"} watching</p>
      <button type="button" onClick={publish}>
        ♥ {total}
      </button>
      <ul>
        {comments.map((comment) => (
          <li key={comment.id}>{comment.data}</li>
        ))}
      </ul>
    </main>
  );
}
