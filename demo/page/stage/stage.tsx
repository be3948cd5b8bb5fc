/** The video, what rises over it, and the overlays at its edges. */
import { useViewers } from "ovation-client/react";
import { useEffect, useRef, useState } from "react";
import type { DemoVideo } from "../kinds.ts";
import { Reactions } from "../reactions.tsx";
import { prefersReducedMotion } from "../reduced-motion.ts";
import { Painter } from "./painter.ts";
import { Scene } from "./scene.ts";

interface StageProps {
  readonly video: DemoVideo;
}

export function Stage({ video }: StageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [scene] = useState(() => new Scene());
  const viewers = useViewers(video);
  scene.viewers = viewers ?? 0;

  useEffect(() => {
    if (canvas.current === null) return;
    const painter = new Painter(canvas.current, scene, prefersReducedMotion);
    painter.start();
    // What rises is painted, not made of elements: however much there is, the page doesn't grow.
    const unlisten = video.onFrame(({ counts }) => scene.add(counts));
    return () => {
      unlisten();
      painter.stop();
    };
  }, [video, scene]);

  return (
    <section className="stage" aria-label="Video">
      <canvas ref={canvas} className="stage-picture" role="img" aria-label="A concert, live" />
      <p className="stage-live">
        <span className="stage-dot" aria-hidden="true" />
        Live
      </p>
      <p className="stage-viewers" data-testid="viewers">
        <EyeIcon />
        <span className="number">{viewers === undefined ? "–" : viewers.toLocaleString("en")}</span>
        <span className="stage-word">{viewers === 1 ? "viewer" : "viewers"}</span>
      </p>
      <Reactions video={video} />
    </section>
  );
}

function EyeIcon() {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Z" />
      <circle cx="12" cy="12" r="3" />
    </svg>
  );
}
