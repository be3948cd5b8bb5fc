/** One video: its comments, and the panel beside them. */
import type { Ban, RoomRules } from "ovation-client";
import { useVideo, useVideoState } from "ovation-client/react";
import { useEffect, useMemo, useState } from "react";
import { ModeratorActs } from "../acts/acts-of.ts";
import type { Acts } from "../acts/use-acts.ts";
import { BanDialog, type BanWish } from "../bans/ban-dialog.tsx";
import { BansPanel } from "../bans/bans-panel.tsx";
import { useBans } from "../bans/use-bans.ts";
import { Comments } from "../comments/comments.tsx";
import type { Comment } from "../comments/feed.ts";
import { type ConsoleOvation, durableKinds, watchedKinds } from "../kinds.ts";
import type { SideView } from "../parts/panel.tsx";
import { RecordPanel } from "../record/record-panel.tsx";
import { errorText, type Request } from "../session/api.ts";
import type { KindClasses } from "../session/use-access.ts";
import type { Pinned } from "./pinned.tsx";
import type { Polls } from "./polls.tsx";
import { RoomPanel } from "./room-panel.tsx";

const HISTORY = 200;
const NO_RULES: RoomRules = {};
const NO_POLLS: Polls = {};

interface RoomProps {
  readonly ovation: ConsoleOvation;
  readonly request: Request;
  readonly videoId: string;
  /** The delivery class of each kind. */
  readonly classes: KindClasses;
  readonly acts: Acts;
  readonly side: SideView;
  readonly hasShortcuts: boolean;
  readonly say: (text: string) => void;
  /** Where the comments put what leads to the newest one. */
  readonly end: HTMLElement | null;
}

/** Whom a moderator is about to ban. */
interface Asked {
  readonly mode: Ban["mode"];
  readonly comment: Comment | undefined;
}

export function Room({ ovation, request, videoId, classes, acts, side, ...props }: RoomProps) {
  const kinds = durableKinds(classes);
  const video = useVideo(ovation, videoId, { history: HISTORY, kinds: watchedKinds(kinds) });
  const moderatorActs = useMemo(() => new ModeratorActs(video, request), [video, request]);
  const rules = useVideoState<object, RoomRules>(video, "rules") ?? NO_RULES;
  const pinned = useVideoState<object, Pinned>(video, "pinned");
  const polls = useVideoState<object, Polls>(video, "polls") ?? NO_POLLS;
  const hasEnded = useVideoState(video, "ended") !== undefined;
  const done = acts.log.filter(({ state }) => state === "done").length;
  const bans = useBans(video, done);
  const byActor = useMemo(() => new Map(bans.all.map((ban) => [ban.actor, ban])), [bans.all]);
  const fault = useFault(ovation, videoId);
  const [asked, ask] = useState<Asked>();

  const onBan = ({ actor, options, deletesComments }: BanWish) => {
    const author = { actor, name: asked?.comment?.name };
    ask(undefined);
    if (deletesComments) void acts.run(moderatorActs.deleteAllOf(actor, author));
    void acts.run(moderatorActs.ban(actor, author, options));
  };
  return (
    <>
      <section className="panel is-comments" aria-label="Comments">
        <p className="fault" role="alert">
          {fault}
        </p>
        <Comments
          {...{ video, kinds, acts, moderatorActs }}
          pinned={pinned?.id}
          bans={byActor}
          hasShortcuts={props.hasShortcuts}
          askToBan={(mode, comment) => ask({ mode, comment })}
          say={props.say}
          end={props.end}
        />
      </section>
      {side === "room" && (
        <RoomPanel
          {...{ rules, pinned, polls, hasEnded, acts, moderatorActs }}
          kinds={Object.keys(classes)}
        />
      )}
      {side === "bans" && (
        <BansPanel
          bans={bans}
          unban={(ban) => void acts.run(moderatorActs.unban(ban))}
          ask={() => ask({ mode: "mute", comment: undefined })}
        />
      )}
      {side === "record" && <RecordPanel video={video} acts={done} />}
      {asked !== undefined && <BanDialog {...asked} onBan={onBan} onClose={() => ask(undefined)} />}
    </>
  );
}

/** Why the video can't be watched. */
function useFault(ovation: ConsoleOvation, videoId: string): string | undefined {
  const [fault, setFault] = useState<string>();
  useEffect(
    () =>
      ovation.onError((error) => {
        if (error.video !== videoId) return;
        setFault(`This video can’t be shown: ${errorText(error)}`);
      }),
    [ovation, videoId],
  );
  return fault;
}
