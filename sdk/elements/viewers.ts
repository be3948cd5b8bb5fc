/** `<ovation-viewers>`: how many watch, and whether this page is connected. */
import type { ConnectionState, Video } from "../index.ts";
import { h, oncePerFrame, setText } from "./dom.ts";
import { OvationElement } from "./element.ts";
import type { MessageName } from "./english.ts";

const CSS = `
:host { display: inline-flex; align-items: center; gap: 8px; color: var(--_muted); font-size: 0.93em; }
.dot { inline-size: 9px; block-size: 9px; border-radius: 50%; background: var(--_muted); }
.dot.live { background: var(--_heart); }
`;

/** What is said of a connection that is not there. */
const STATES: Readonly<Record<ConnectionState["name"], MessageName | undefined>> = {
  idle: "connecting",
  connecting: "connecting",
  connected: undefined,
  reconnecting: "reconnecting",
  closed: "offline",
};

/**
 * How many watch the video. While the page is not connected, it says so instead.
 *
 * @example
 * <ovation-viewers url="https://live.example.com" video="launch"></ovation-viewers>
 */
export class OvationViewers extends OvationElement {
  static readonly parts: readonly string[] = "dot text".split(" ");
  readonly #dot = h("span", { class: "dot", part: "dot", "aria-hidden": "true" });
  readonly #text = h("span", { class: "number", part: "text" });
  readonly #show = oncePerFrame(() => this.render());
  #viewers: number | undefined;

  constructor() {
    super(CSS);
    this.root.append(this.#dot, this.#text);
  }

  protected override follow(video: Video): readonly (() => void)[] {
    this.#viewers = undefined;
    return [
      video.on("viewers", ({ data }) => {
        this.#viewers = data.viewers;
        this.#show();
      }),
      this.shared?.ovation.onState(this.#show) ?? (() => undefined),
    ];
  }

  protected override render(): void {
    const state = this.shared?.ovation.state ?? { name: "idle" };
    const isStale = state.name === "connected" && state.isStale;
    const fault = isStale ? "reconnecting" : STATES[state.name];
    const n = this.#viewers;
    this.#dot.classList.toggle("live", fault === undefined);
    if (fault !== undefined) setText(this.#text, this.text(fault));
    else setText(this.#text, n === undefined ? "" : this.text("watching", { n }));
  }
}
