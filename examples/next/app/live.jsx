"use client";

import { ovationFor } from "ovation-client";
import {
  useComments,
  useConnection,
  useLikes,
  useTotals,
  useVideo,
  useViewers,
} from "ovation-client/react";

/** Others published it, so it may be anything. */
const textOf = (data) => String(data?.text ?? "");

/**
 * @param video what the server read of it
 * @param comments the last ones, as the server read them
 */
export function Live({ id, url, video: read, comments: earlier }) {
  const ovation = ovationFor({ url });
  const video = useVideo(ovation, id, { history: 50 });
  const viewers = useViewers(video) ?? read?.viewers;
  const { like = read?.totals?.like ?? 0 } = useTotals(video);
  const { publish } = useLikes(video);
  const { comments } = useComments(video, { parse: textOf });
  const { name } = useConnection(ovation);
  // Until the client has them, those of the server.
  const shown =
    comments.length > 0 ? comments : earlier.map(({ id, data }) => ({ id, data: textOf(data) }));
  return (
    <main>
      <p>
        {viewers ?? "…"} watching, <span id="state">{name}</span>
      </p>
      <button type="button" onClick={publish}>
        ♥ {like}
      </button>
      <ul>
        {shown.map((comment) => (
          <li key={comment.id}>{comment.data}</li>
        ))}
      </ul>
    </main>
  );
}
