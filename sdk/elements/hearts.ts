/** `<ovation-hearts>`: a button that likes, the total, and hearts that rise. */
import type { OvationError, Video } from "../index.ts";
import { button, h, icon, oncePerFrame, setText } from "./dom.ts";
import { OvationElement, reflect } from "./element.ts";
import { bounce, Motion } from "./motion.ts";

const HEART =
  "M12 20.5C4.8 15.6 2.5 12.3 2.5 8.8 2.5 5.6 4.9 3.5 7.5 3.5c1.9 0 3.6 1.1 4.5 2.9.9-1.8 2.6-2.9 4.5-2.9 2.6 0 5 2.1 5 5.3 0 3.5-2.3 6.8-9.5 11.7Z";
/** The side of the square that the path is in. */
const HEART_SIDE = 24;

const CSS = `
:host { position: relative; display: inline-flex; align-items: center; gap: 10px; }
button { display: grid; place-items: center; flex: none; inline-size: 52px; block-size: 52px; padding: 0; border: 0; border-radius: 50%; background: var(--_heart); color: var(--_on-accent); }
button:hover { filter: brightness(0.9); }
.icon { inline-size: 28px; block-size: 28px; fill: currentColor; stroke: none; }
.number { font-weight: 650; font-size: 1.1em; }
canvas { position: absolute; z-index: 1; inset-block-end: 100%; inset-inline-start: -29px; inline-size: 110px; block-size: var(--ovation-hearts-height, 260px); color: var(--_heart); pointer-events: none; }
`;

/** A refusal that tapping fast causes: the number says it already. */
const TOO_FAST = "rate_limited";

/**
 * A button that likes, the total since the video's start, and a heart that rises for each like, up to
 * what can be seen.
 *
 * @example
 * <ovation-hearts url="https://live.example.com" video="launch"></ovation-hearts>
 */
export class OvationHearts extends OvationElement {
  static override readonly observedAttributes = [
    ...OvationElement.observedAttributes,
    ...reflect(OvationHearts, ["kind"]),
  ];
  static readonly parts: readonly string[] = "button count canvas fault".split(" ");
  /** The kind of event that is published and counted; `like` if empty. */
  declare kind: string;
  readonly #button = button({ part: "button" }, () => void this.#like(), icon(HEART));
  readonly #count = h("span", { class: "number", part: "count", "aria-hidden": "true" });
  readonly #quiet = h("span", { class: "quiet" });
  readonly #fault = h("p", { class: "fault", part: "fault", role: "alert" });
  readonly #canvas = h("canvas", { part: "canvas", "aria-hidden": "true" });
  readonly #motion = new Motion(this.#canvas, (context, side) => {
    context.scale(side / HEART_SIDE, side / HEART_SIDE);
    const path = new Path2D(HEART);
    context.fill(path);
    // So that one is seen in front of another.
    context.strokeStyle = "#fffc";
    context.stroke(path);
  });
  readonly #show = oncePerFrame(() => this.render());
  #video: Video | undefined;
  #total: number | undefined;
  /** Own likes whose hearts have risen, and which will come from the gateway too. */
  #risen = 0;

  constructor() {
    super(CSS);
    this.root.append(this.#canvas, this.#button, this.#count, this.#quiet, this.#fault);
  }

  protected override get followedBy(): readonly unknown[] {
    return [this.kind];
  }

  protected override follow(video: Video): readonly (() => void)[] {
    this.#video = video;
    this.#total = undefined;
    this.#risen = 0;
    const name = this.#name;
    return [
      video.totals.onChange((totals) => {
        this.#total = totals[name] ?? 0;
        this.#show();
      }),
      video.onFrame(({ counts }) => {
        const count = counts[name] ?? 0;
        const own = Math.min(count, this.#risen);
        this.#risen -= own;
        this.#motion.rise(name, count - own);
      }),
      () => {
        this.#video = undefined;
        this.#motion.stop();
      },
    ];
  }

  protected override render(): void {
    const name = this.#name;
    this.#button.ariaLabel = this.text("like");
    this.#button.disabled = this.shared?.claims.mayPublish(name, this.#video?.id ?? "") === false;
    const total = this.#total;
    setText(this.#count, total === undefined ? "" : this.number(total));
    setText(this.#quiet, total === undefined ? "" : this.text("likes", { n: total }));
  }

  get #name(): string {
    return this.kind || "like";
  }

  async #like(): Promise<void> {
    const name = this.#name;
    bounce(this.#button);
    this.#motion.rise(name, 1);
    this.#risen += 1;
    try {
      const sent = await this.#video?.publish(name, undefined, { whenLimited: "fail" });
      setText(this.#fault, "");
      if (sent !== undefined) this.tell("ovation-sent", { kind: name, eventId: sent.eventId });
    } catch (error) {
      this.#risen = Math.max(0, this.#risen - 1);
      const { code } = error as OvationError;
      const text = this.fault(error as OvationError);
      if (code !== TOO_FAST) setText(this.#fault, text);
    }
  }
}
