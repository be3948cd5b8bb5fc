/** Which panel is shown; on a wide screen only those beside the comments. */
import type { SideView, View } from "./parts/panel.tsx";

const PANELS = [
  ["comments", "Comments"],
  ["videos", "Videos"],
  ["room", "Room"],
  ["bans", "Bans"],
  ["record", "Record"],
] as const;

interface NavProps {
  readonly view: View;
  /** What is beside the comments. */
  readonly side: SideView;
  readonly show: (view: View) => void;
  /** Whether a video is chosen. */
  readonly hasRoom: boolean;
}

export function Nav({ view, side, show, hasRoom }: NavProps) {
  return (
    <nav className="nav" aria-label="Panels" data-empty={!hasRoom}>
      {PANELS.map(([name, title]) => (
        <button
          key={name}
          type="button"
          className={`nav-item is-${name}`}
          data-side={hasRoom && name === side}
          aria-current={name === view}
          disabled={!hasRoom && name !== "videos"}
          onClick={() => show(name)}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}
