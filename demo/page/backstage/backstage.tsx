/** The system behind the video, live: its parts, their state, and how it recovers. */
import { useConnection } from "ovation-client/react";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { audienceAt } from "../../audience-level.ts";
import type { StackLocation } from "../../contract.ts";
import type { DemoOvation, DemoVideo } from "../kinds.ts";
import { Happenings } from "./activity.tsx";
import { AudienceSlider } from "./audience-slider.tsx";
import { Figures } from "./figures.tsx";
import { Processes } from "./processes.tsx";
import { StackLink } from "./stack-link.ts";
import { TableRows } from "./table-rows.tsx";

interface BackstageProps {
  readonly ovation: DemoOvation;
  readonly video: DemoVideo;
  readonly stack: StackLocation;
}

export function Backstage({ ovation, video, stack }: BackstageProps) {
  const link = useMemo(() => new StackLink(stack), [stack]);
  useEffect(() => link.start(ovation, video), [link, ovation, video]);
  const { snapshot, isReachable, happenings } = useSyncExternalStore(link.subscribe, link.getView);
  const connection = useConnection(ovation);
  const ownGateway = connection.name === "connected" ? connection.gateway : undefined;

  return (
    <aside className="backstage" aria-label="Backstage">
      <header className="backstage-head">
        <h2>Backstage</h2>
        <p>What carries the show, live. Kill a part and watch it recover.</p>
      </header>
      {isReachable ? null : (
        <p className="note" role="status">
          The local stack can't be reached. Is <code>npm start</code> running?
        </p>
      )}
      {snapshot === undefined ? null : (
        <>
          <AudienceSlider
            audience={snapshot.audience}
            onChange={(level) => void link.setAudience(audienceAt(level))}
          />
          <Processes link={link} snapshot={snapshot} ownGateway={ownGateway} />
          <Happenings happenings={happenings} />
          <TableRows snapshot={snapshot} videoId={video.id} />
          <Figures link={link} />
        </>
      )}
    </aside>
  );
}
