/** Components that React hides, hydrates, and mounts twice or late. */
import { Activity, StrictMode, Suspense, startTransition, use, useState } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { type Missed, Ovation, ovationFor } from "../../../sdk/index.ts";
import {
  useComments,
  useConnection,
  useCounts,
  useLikes,
  useVideo,
  useViewers,
} from "../../../sdk/react/index.ts";

export interface ReactParts {
  readonly ovation: Ovation;
  readonly errors: string[];
  readonly missed: Missed[];
  readonly restored: boolean[];
  readonly refusals: string[];
  hydrate(): Promise<void>;
}

declare global {
  interface Window {
    react: ReactParts;
    moment?: number;
  }
}

const query = new URLSearchParams(location.search);
const ovation = new Ovation({ url: "/", reconnectFirstMs: 50, reconnectMaxMs: 60_000 });
const parts: ReactParts = { ovation, errors: [], missed: [], restored: [], refusals: [], hydrate };
window.react = parts;
addEventListener("unhandledrejection", ({ reason }) => parts.errors.push(`rejected: ${reason}`));
addEventListener("error", ({ message }) => parts.errors.push(message));
addEventListener("pageshow", ({ persisted }) => parts.restored.push(persisted));
ovation.onError(({ code }) => parts.errors.push(code));

const history = Number(query.get("history") ?? 5);

function textOf(data: unknown): string {
  const { text } = data as { readonly text: unknown };
  if (typeof text !== "string") throw new TypeError("no text");
  return text;
}

function Comments() {
  const video = useVideo(ovation, "launch", { history });
  const { comments } = useComments(video, { parse: textOf });
  return (
    <ul>
      {comments.map(({ id, data }) => (
        <li key={id}>{data}</li>
      ))}
    </ul>
  );
}

function Write({ name }: { readonly name: string }) {
  const video = useVideo(ovation, "launch");
  const { canSendAt, error, publish } = useComments(video);
  return (
    <p>
      <button id={name} type="button" onClick={() => publish({ text: "written" })}>
        Send
      </button>
      <span id={`${name}-can-send`}>{canSendAt === undefined ? "now" : "later"}</span>
      <span id={`${name}-error`}>{error?.code}</span>
    </p>
  );
}

function Like() {
  const video = useVideo(ovation, "launch");
  const { total, refused, publish } = useLikes(video, {
    onError: ({ code }) => parts.refusals.push(code),
  });
  return (
    <p>
      <button id="like" type="button" onClick={publish}>
        {total}
      </button>
      <span id="refused">{refused}</span>
    </p>
  );
}

function Status() {
  const video = useVideo(ovation, "launch");
  const { name } = useConnection(ovation);
  return (
    <p>
      <span id="state">{name}</span>
      <span id="viewers">{useViewers(video) ?? "unknown"}</span>
    </p>
  );
}

/** With a picture that is at `window.moment`. */
function Behind() {
  const playhead = () => new Date(window.moment ?? 0);
  const video = useVideo(ovation, "launch", { history: 5, playhead });
  const { comments } = useComments(video, { parse: textOf });
  const { total } = useLikes(video);
  return (
    <section id="behind">
      <ul>
        {comments.map(({ id, data }) => (
          <li key={id}>{data}</li>
        ))}
      </ul>
      <b>{total}</b>
    </section>
  );
}

const LOBBY = ["launch", "keynote"];
function Lobby() {
  const counts = useCounts(ovation, [...LOBBY]);
  return <p id="lobby">{LOBBY.map((id) => counts[id]?.viewers ?? "unknown").join()}</p>;
}

const slow = new Promise<void>((resolve) => setTimeout(resolve, 300));

/** Mounted after others, in a transition that waits for something. */
function Late() {
  use(slow);
  return (
    <section id="late">
      <Comments />
      <Status />
      {query.has("write") && <Write name="late" />}
    </section>
  );
}

function App() {
  const [isShown, setIsShown] = useState(true);
  const [hasLate, setHasLate] = useState(false);
  // Whether a part outside the hidden one watches the video too.
  const Holder = query.has("held") ? Status : "i";
  return (
    <main>
      <Holder />
      <Like />
      {query.has("write") && <Write name="write" />}
      {query.has("behind") && <Behind />}
      <input id="shown" type="checkbox" checked={isShown} onChange={() => setIsShown(!isShown)} />
      <input
        id="has-late"
        type="checkbox"
        onChange={() => startTransition(() => setHasLate(true))}
      />
      <Activity mode={isShown ? "visible" : "hidden"}>
        <Comments />
      </Activity>
      <Suspense fallback="…">{hasLate && <Late />}</Suspense>
    </main>
  );
}

function Static() {
  return (
    <main>
      <Status />
      <Comments />
      <Like />
    </main>
  );
}

/** Like a server-rendered page whose client connects before React hydrates. */
async function hydrate(): Promise<void> {
  // What the server rendered with its own, unconnected client.
  const container = document.body.appendChild(document.createElement("div"));
  container.innerHTML = window.serverHtml;
  await new Promise<void>((resolve) => {
    ovation.video("launch", { history: 5 }).on("viewers", () => resolve());
  });
  hydrateRoot(container, <Static />, {
    onRecoverableError: (error) => parts.errors.push(String(error)),
  });
}

declare global {
  interface Window {
    serverHtml: string;
  }
}

if (query.has("hydrate")) window.serverHtml = renderToString(<Static />);
else if (query.has("shared")) {
  const options = { url: "/" };
  const isOne = ovationFor(options) === ovationFor({ ...options });
  document.body.append(isOne ? "one" : "two");
} else {
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  const app = query.has("lobby") ? <Lobby /> : <App />;
  root.render(query.has("strict") ? <StrictMode>{app}</StrictMode> : app);
}
