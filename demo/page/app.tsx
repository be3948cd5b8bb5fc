/** The whole page: the video, the comments, the poll, and the system behind it. */
import { useVideo } from "ovation-client/react";
import type { StackLocation } from "../contract.ts";
import { Backstage } from "./backstage/backstage.tsx";
import { Chat } from "./chat/chat.tsx";
import type { DemoOvation } from "./kinds.ts";
import { PollCard } from "./poll/poll-card.tsx";
import { Stage } from "./stage/stage.tsx";
import { Status } from "./status.tsx";

/** Past comments that are shown at first. */
const HISTORY = 50;

interface AppProps {
  readonly ovation: DemoOvation;
  readonly videoId: string;
  /** Undefined when the page is not served by a local stack. */
  readonly stack: StackLocation | undefined;
}

export function App({ ovation, videoId, stack }: AppProps) {
  const video = useVideo(ovation, videoId, { history: HISTORY });
  return (
    <div className={stack === undefined ? "page" : "page has-backstage"}>
      <header className="top">
        <h1 className="brand">
          <svg className="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
            <path d="M16 28C6 21 3 16.5 3 11.8 3 7.4 6.3 4.5 9.8 4.5c2.6 0 5 1.5 6.2 4.1 1.2-2.6 3.6-4.1 6.2-4.1 3.5 0 6.8 2.9 6.8 7.3C29 16.5 26 21 16 28Z" />
          </svg>
          Ovation
        </h1>
        <a className="top-link" href={`console/?video=${videoId}`}>
          Moderate
        </a>
        <Status ovation={ovation} />
      </header>
      <main className="show">
        <Stage video={video} />
        <Chat video={video} />
        <PollCard video={video} />
      </main>
      {stack === undefined ? null : <Backstage ovation={ovation} video={video} stack={stack} />}
    </div>
  );
}
