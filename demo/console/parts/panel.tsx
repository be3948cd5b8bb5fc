/** One of the console's panels, with its heading. */
import { type ReactNode, useId } from "react";

/** What is beside the comments. */
export type SideView = "room" | "bans" | "record";
export type View = "comments" | "videos" | SideView;

interface PanelProps {
  readonly name: View;
  readonly title: string;
  /** Beside the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ name, title, aside, children }: PanelProps) {
  const titleId = useId();
  return (
    <section className={`panel is-${name}`} aria-labelledby={titleId}>
      <header className="panel-head">
        <h2 className="panel-title" id={titleId} tabIndex={-1} data-panel={name}>
          {title}
        </h2>
        {aside}
      </header>
      {/* What scrolls must be reachable by keyboard, also where nothing in it takes the focus. */}
      <div className="panel-body" tabIndex={name === "record" ? 0 : undefined}>
        {children}
      </div>
    </section>
  );
}

/** Moves the focus to a panel that is shown. */
export function focusPanel(name: View): void {
  document.querySelector<HTMLElement>(`[data-panel="${name}"]`)?.focus();
}
