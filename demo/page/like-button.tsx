/** The heart: sends likes, and shows their total since the video's start and their current rate. */
import { useLikes, useTotals, useViewers } from "ovation-client/react";
import { useEffect, useRef, useState } from "react";
import type { DemoVideo } from "./kinds.ts";

/** The window over which likes per second are counted. */
const WINDOW_MS = 1_000;

export function LikeButton({ video }: { readonly video: DemoVideo }) {
  const { publish } = useLikes(video);
  const { like: total = 0 } = useTotals(video);
  // Both come when the video is subscribed to. Until then, 0 would be wrong.
  const isKnown = useViewers(video) !== undefined;
  const [beats, setBeats] = useState(0);
  const perSecond = useRate(video);

  const like = () => {
    setBeats((count) => count + 1);
    // It waits while there is no connection; a like that can't be sent in time is dropped.
    void publish();
  };
  useShortcut("l", like);

  return (
    <div className="like">
      <button
        type="button"
        className="like-button"
        aria-label="Like"
        aria-keyshortcuts="L"
        onClick={like}
      >
        <svg
          key={beats}
          className={beats > 0 ? "like-heart beats" : "like-heart"}
          viewBox="0 0 32 32"
          aria-hidden="true"
        >
          <path d="M16 28C6 21 3 16.5 3 11.8 3 7.4 6.3 4.5 9.8 4.5c2.6 0 5 1.5 6.2 4.1 1.2-2.6 3.6-4.1 6.2-4.1 3.5 0 6.8 2.9 6.8 7.3C29 16.5 26 21 16 28Z" />
        </svg>
      </button>
      <p className="like-count">
        <span className="number" data-testid="likes">
          {isKnown ? total.toLocaleString("en") : "–"}
        </span>
        <span className="like-rate number">
          {perSecond > 0 ? `${perSecond.toLocaleString("en")}/s` : "likes"}
        </span>
      </p>
    </div>
  );
}

/** The likes that arrived within the last second, updated twice a second. */
function useRate(video: DemoVideo): number {
  const [rate, setRate] = useState(0);
  useEffect(() => {
    let total = 0;
    const unlisten = video.onFrame(({ counts }) => {
      total += counts["like"] ?? 0;
    });
    const seen: { readonly at: number; readonly total: number }[] = [];
    const timer = setInterval(() => {
      const now = performance.now();
      seen.push({ at: now, total });
      while (seen.length > 1 && now - (seen[0]?.at ?? now) > WINDOW_MS * 1.25) seen.shift();
      const first = seen[0];
      const seconds = (now - (first?.at ?? now)) / 1_000;
      if (first !== undefined && seconds > 0.3) {
        setRate(Math.round((total - first.total) / seconds));
      }
    }, WINDOW_MS / 2);
    return () => {
      unlisten();
      clearInterval(timer);
    };
  }, [video]);
  return rate;
}

/** A keyboard shortcut for the whole page, except in text fields. */
function useShortcut(key: string, action: () => void): void {
  const newest = useRef(action);
  newest.current = action;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat;
      const isWriting = event.target instanceof HTMLInputElement && event.target.type !== "range";
      if (isPlain && !isWriting && event.key.toLowerCase() === key) newest.current();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [key]);
}
