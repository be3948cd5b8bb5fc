/** `<ovation-reactions>`: a button for each reaction, with its total; they rise when somebody reacts. */
import type { OvationError, Reactions, Video } from "../index.ts";
import { button, h, oncePerFrame, setText } from "./dom.ts";
import { OvationElement, reflect } from "./element.ts";
import { bounce, Motion } from "./motion.ts";

const DEFAULT = "🔥 👏 😂 😮 🎉";

const CSS = `
:host { position: relative; container-type: inline-size; }
div { position: relative; display: flex; flex-wrap: wrap; gap: 6px; }
button { display: flex; align-items: center; gap: 6px; min-block-size: 40px; padding: 0 12px; border: 1px solid var(--_line); border-radius: 20px; background: var(--_surface); }
button:hover { background: var(--_raised); }
.symbol { font-size: 19px; line-height: 1; }
.number { min-inline-size: 1ch; font-size: 0.87em; font-weight: 600; }
@container (max-width: 290px) {
  button { flex: 1; flex-direction: column; gap: 2px; min-inline-size: 44px; padding: 6px 2px; border-radius: 14px; }
}
canvas { position: absolute; z-index: 1; inset-block-end: 100%; inset-inline: 0; inline-size: 100%; block-size: var(--ovation-reactions-height, 200px); pointer-events: none; }
`;

interface Reaction {
  readonly variant: string;
  readonly button: HTMLButtonElement;
  readonly count: HTMLElement;
}

/**
 * A button for each reaction, with its total since the video's start.
 *
 * @example
 * <ovation-reactions url="https://live.example.com" video="launch" reactions="🔥 👏"></ovation-reactions>
 */
export class OvationReactions extends OvationElement {
  static override readonly observedAttributes = [
    ...OvationElement.observedAttributes,
    ...reflect(OvationReactions, ["kind", "reactions"]),
  ];
  static readonly parts: readonly string[] = "list button symbol count canvas fault".split(" ");
  /** A kind with variants; `react` if empty. */
  declare kind: string;
  /** The variants, with blanks between them. */
  declare reactions: string;
  readonly #list = h("div", { part: "list", role: "group" });
  readonly #fault = h("p", { class: "fault", part: "fault", role: "alert" });
  readonly #canvas = h("canvas", { part: "canvas", "aria-hidden": "true" });
  readonly #motion = new Motion(this.#canvas, (context, side, symbol) => {
    context.font = `${side * 0.8}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(symbol, side / 2, side / 2);
  });
  readonly #show = oncePerFrame(() => this.render());
  #all: readonly Reaction[] = [];
  #live: Reactions | undefined;
  /** Own ones that have risen, and which will come from the gateway too. */
  readonly #risen = new Map<string, number>();

  constructor() {
    super(CSS);
    this.root.append(this.#canvas, this.#list, this.#fault);
  }

  protected override get followedBy(): readonly unknown[] {
    return [this.kind, this.setting("reactions")];
  }

  protected override follow(video: Video): readonly (() => void)[] {
    const kind = this.kind || "react";
    const live = video.reactions(kind);
    this.#live = live;
    this.#risen.clear();
    const variants = (this.setting("reactions")?.trim() || DEFAULT).split(/\s+/);
    this.#all = [...new Set(variants)].map((variant) => this.#reaction(variant, kind));
    this.#list.replaceChildren(...this.#all.map((reaction) => reaction.button));
    return [
      live.onChange(this.#show),
      video.onFrame(({ counts }) => {
        for (const one of this.#all) this.#arrived(one, counts[`${kind}:${one.variant}`]);
      }),
      () => this.#motion.stop(),
    ];
  }

  protected override render(): void {
    this.#list.ariaLabel = this.text("reactions");
    const totals = this.#live?.current ?? {};
    for (const { variant, count } of this.#all) setText(count, this.number(totals[variant] ?? 0));
  }

  #arrived({ variant, button: over }: Reaction, count = 0): void {
    const risen = this.#risen.get(variant) ?? 0;
    const own = Math.min(count, risen);
    this.#risen.set(variant, risen - own);
    this.#motion.rise(variant, count - own, over);
  }

  #reaction(variant: string, kind: string): Reaction {
    const count = h("span", { class: "number", part: "count" }, "0");
    const symbol = h("span", { class: "symbol", part: "symbol" }, variant);
    const react = button({ part: "button" }, () => void this.#react(variant, kind, react), symbol);
    react.append(count);
    return { variant, button: react, count };
  }

  async #react(variant: string, kind: string, over: HTMLElement): Promise<void> {
    bounce(over);
    this.#motion.rise(variant, 1, over);
    this.#risen.set(variant, (this.#risen.get(variant) ?? 0) + 1);
    try {
      const sent = await this.#live?.publish(variant);
      setText(this.#fault, "");
      if (sent !== undefined) this.tell("ovation-sent", { kind, eventId: sent.eventId });
    } catch (error) {
      this.#risen.set(variant, Math.max(0, (this.#risen.get(variant) ?? 0) - 1));
      setText(this.#fault, this.fault(error as OvationError));
    }
  }
}
