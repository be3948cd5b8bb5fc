/** The page that the tests open in a browser: an ordinary application that uses the hooks. */
import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { Ovation, type OvationOptions } from "../../../sdk/index.ts";
import {
  useComments,
  useConnection,
  useLikes,
  useVideo,
  useViewers,
} from "../../../sdk/react/index.ts";

export interface PageParts {
  readonly ovation: Ovation<{ comment: { text: string } }>;
  /** How often the likes were rendered, and in how many animation frames. */
  draws: number;
  frames: number;
  /** The sum of all bursts that were shown; meaningless in StrictMode, which runs effects twice. */
  bursts: number;
}

declare global {
  interface Window {
    parts: PageParts;
  }
}

const query = new URLSearchParams(location.search);
const options = JSON.parse(query.get("options") ?? "{}") as Partial<OvationOptions>;
const certain = query.has("late") ? { random: () => 1 } : {};
const parts: PageParts = {
  ovation: new Ovation({ url: location.origin, ...options, ...certain }),
  draws: 0,
  frames: 0,
  bursts: 0,
};
window.parts = parts;

function countFrames(): void {
  parts.frames += 1;
  requestAnimationFrame(countFrames);
}
requestAnimationFrame(countFrames);

function Likes({ video }: { readonly video: ReturnType<typeof useLaunch> }) {
  const { total, burst, publish } = useLikes(video);
  parts.draws += 1;
  // Not while it renders: when another part of the page changes, this one renders again.
  useEffect(() => {
    if (total > 0) parts.bursts += burst;
  }, [total, burst]);
  return (
    <button type="button" onClick={publish}>
      {total}
    </button>
  );
}

function textOf(data: unknown): { readonly text: string } {
  return data as { text: string };
}

function Comments({ video }: { readonly video: ReturnType<typeof useLaunch> }) {
  const { comments } = useComments(video, { limit: 300, parse: textOf });
  return (
    <ul>
      {comments.map(({ id, data }) => (
        <li key={id}>{data.text}</li>
      ))}
    </ul>
  );
}

function useLaunch() {
  return useVideo(parts.ovation, "launch", { history: 50 });
}

function App() {
  const video = useLaunch();
  const viewers = useViewers(video);
  const state = useConnection(parts.ovation);
  const [hasLate, setHasLate] = useState(false);
  return (
    <main>
      <p id="state">{state.name === "connected" ? state.via : state.name}</p>
      <p id="viewers">{viewers}</p>
      <Likes video={video} />
      <Comments video={video} />
      <input type="checkbox" checked={hasLate} onChange={() => setHasLate(!hasLate)} />
      {hasLate && (
        <section>
          <Comments video={video} />
        </section>
      )}
    </main>
  );
}

const root = createRoot(document.body.appendChild(document.createElement("div")));
const app = <App />;
root.render(query.has("strict") ? <StrictMode>{app}</StrictMode> : app);
