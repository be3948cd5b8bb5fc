/** The console of somebody who may moderate: the videos, and the room that is chosen. */
import { useEffect, useState } from "react";
import { flushSync } from "react-dom";
import { ActsBar } from "./acts/acts-bar.tsx";
import { useActs } from "./acts/use-acts.ts";
import { Header } from "./header.tsx";
import { Help } from "./help.tsx";
import { type ConsoleOvation, durableKinds } from "./kinds.ts";
import { Nav } from "./nav.tsx";
import { focusPanel, type SideView, type View } from "./parts/panel.tsx";
import { Room } from "./room/room.tsx";
import type { Request } from "./session/api.ts";
import type { Claims } from "./session/claims.ts";
import type { Granted } from "./session/use-access.ts";
import { useShortcuts } from "./shortcuts.ts";
import { useKeys } from "./use-keys.ts";
import { useNumbers } from "./videos/use-numbers.ts";
import { VideosPanel } from "./videos/videos-panel.tsx";

/** As many as a lobby may have. */
const COUNTED = 100;

interface ConsoleProps {
  readonly ovation: ConsoleOvation;
  readonly request: Request;
  readonly access: Granted;
  readonly claims: Claims;
  /** The video that the address names. */
  readonly videoInAddress: () => string | undefined;
  readonly signOut: () => void;
}

export function Console({ ovation, request, access, claims, ...props }: ConsoleProps) {
  const { videos, kinds: classes, fault } = access;
  const [chosen, setChosen] = useState(props.videoInAddress);
  const [view, setView] = useState<View>(chosen === undefined ? "videos" : "comments");
  const [side, setSide] = useState<SideView>("room");
  const [isHelping, setHelping] = useState(false);
  const [said, say] = useState<string>();
  const [hasShortcuts, setShortcuts] = useShortcuts();
  const [end, setEnd] = useState<HTMLElement | null>(null);
  const acts = useActs();
  const { length: begun } = acts.log;
  // biome-ignore lint/correctness/useExhaustiveDependencies: an act says something newer
  useEffect(() => say(undefined), [begun]);

  const kinds = durableKinds(classes);
  const listed = videos.map(({ video }) => video);
  const counted = chosen === undefined || listed.includes(chosen) ? listed : [chosen, ...listed];
  const numbersOf = useNumbers(ovation, counted.slice(0, COUNTED), kinds);

  // At once, so that the focus can go there, before the next key.
  const show = (next: View) => {
    flushSync(() => {
      setView(next);
      if (next === "room" || next === "bans" || next === "record") setSide(next);
    });
  };
  const showAndFocus = (next: View) => () => {
    show(next);
    focusPanel(next);
    return true;
  };
  const choose = (video: string) => {
    setChosen(video);
    show("comments");
    history.replaceState(null, "", `?video=${video}`);
    focusComments();
  };
  useKeys(
    {
      videos: () => {
        show("videos");
        focusVideos();
        return true;
      },
      room: showAndFocus("room"),
      bans: showAndFocus("bans"),
      record: showAndFocus("record"),
      help: () => {
        setHelping(true);
        return true;
      },
      undo: () => {
        if (!acts.undo()) say("There is nothing to undo.");
        return true;
      },
    },
    hasShortcuts,
  );
  return (
    <div className="console" data-view={view}>
      <Header
        ovation={ovation}
        video={chosen}
        numbers={chosen === undefined ? undefined : numbersOf(chosen)}
        claims={claims}
        signOut={props.signOut}
        help={() => setHelping(true)}
      />
      <main className="panels">
        <VideosPanel {...{ videos, fault, numbersOf, chosen, choose, hasShortcuts }} />
        {chosen === undefined ? (
          <section className="panel is-comments is-unchosen" aria-label="Comments">
            <p className="empty">
              Choose a video
              <span className="for-keyboard">
                : <kbd>v</kbd>
              </span>
            </p>
          </section>
        ) : (
          <Room
            key={chosen}
            {...{ ovation, request, acts, side, say, hasShortcuts, end }}
            videoId={chosen}
            classes={classes}
          />
        )}
        <ActsBar acts={acts} said={said} onEnd={setEnd} />
      </main>
      <Nav
        view={view}
        side={side}
        show={(next) => showAndFocus(next)()}
        hasRoom={chosen !== undefined}
      />
      {isHelping && <Help {...{ hasShortcuts, setShortcuts }} onClose={() => setHelping(false)} />}
    </div>
  );
}

/** So that j and k move in them. */
function focusComments(): void {
  document.querySelector<HTMLElement>('[data-list="comments"]')?.focus({ preventScroll: true });
}

/** The chosen video, or else the first one. */
function focusVideos(): void {
  const buttons = '[data-list="videos"] button';
  const target =
    document.querySelector<HTMLElement>(`${buttons}[aria-current=true]`) ??
    document.querySelector<HTMLElement>(buttons) ??
    document.querySelector<HTMLElement>('[data-panel="videos"]');
  target?.focus();
}
