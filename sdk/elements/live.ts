/** `<ovation-live>`: a whole live page, and the settings of all elements inside it. */
import { OvationChat } from "./chat.ts";
import { h } from "./dom.ts";
import { OvationElement, reflect } from "./element.ts";
import { OvationHearts } from "./hearts.ts";
import { OvationPoll } from "./poll.ts";
import { OvationReactions } from "./reactions.ts";
import { OvationViewers } from "./viewers.ts";

const CSS = `
:host { container-type: inline-size; }
:host([layout="none"]) { container-type: normal; }
.live { display: grid; grid-template: "side" "bar" / minmax(0, 1fr); gap: 12px; }
.picture { display: none; grid-area: picture; overflow: hidden; border-radius: var(--_radius); background: #000; }
::slotted(*) { display: block; inline-size: 100%; border: 0; }
::slotted(iframe) { aspect-ratio: 16 / 9; }
.bar { grid-area: bar; display: flex; align-items: center; align-self: start; gap: 12px; }
ovation-reactions { flex: 1; }
ovation-hearts { margin-inline-start: auto; }
.side { grid-area: side; display: flex; flex-direction: column; }
header { padding-block-end: 10px; }
ovation-poll { margin-block-end: 12px; }
ovation-poll:state(empty) { display: none; }
.pictured { grid-template: "picture" "bar" "side" / minmax(0, 1fr); }
.pictured .picture { display: block; }
@container (min-width: 780px) {
  .pictured { grid-template: "picture side" auto "bar side" 1fr / minmax(0, 1fr) minmax(300px, 34%); column-gap: 16px; }
  .pictured ovation-chat { flex: 1; block-size: auto; min-block-size: 340px; }
}
`;

/** The parts of an inner element, as the page sees them: `chat-comment` for the chat's `comment`. */
function exported(name: string, parts: readonly string[]): Readonly<Record<string, string>> {
  return { part: name, exportparts: parts.map((part) => `${part}: ${name}-${part}`).join(", ") };
}

/**
 * A whole live page: what is put into it is the picture, beside it are the viewers, the newest poll
 * and the chat, below it reactions and hearts. The elements inside it, its own and the page's, have
 * its settings and share a connection. With `layout="none"` it adds nothing itself.
 *
 * @example
 * <ovation-live url="https://live.example.com" video="launch" token-url="/my/token">
 *   <video src="launch.mp4" controls></video>
 * </ovation-live>
 */
export class OvationLive extends OvationElement {
  static override readonly observedAttributes = [
    ...OvationElement.observedAttributes,
    ...reflect(OvationLive, ["layout", "reactions", "history", "name"], ["readonly"]),
  ];
  static readonly parts: readonly string[] = "live picture bar side header".split(" ");
  /** `none`: only the page's own elements are shown, where the page has them. */
  declare layout: string;
  /** The reactions that are offered, with blanks between them; none if empty. */
  declare reactions: string;
  /** As for the chat. */
  declare history: string;
  /** As for the chat. */
  declare name: string;
  /** As for the chat. */
  declare readonly: boolean;
  readonly #slot = h("slot");
  readonly #bar = h(
    "div",
    { class: "bar", part: "bar" },
    make("ovation-hearts", exported("hearts", OvationHearts.parts)),
  );
  readonly #reactions = make("ovation-reactions", exported("reactions", OvationReactions.parts));
  readonly #grid = h(
    "div",
    { class: "live", part: "live" },
    h("div", { class: "picture", part: "picture" }),
    this.#bar,
    h(
      "div",
      { class: "side", part: "side" },
      h(
        "header",
        { part: "header" },
        make("ovation-viewers", exported("viewers", OvationViewers.parts)),
      ),
      make("ovation-poll", exported("poll", OvationPoll.parts)),
      make("ovation-chat", exported("chat", OvationChat.parts)),
    ),
  );

  constructor() {
    super(CSS);
    this.#slot.addEventListener("slotchange", () => this.#showPicture());
    this.root.append(this.#slot);
  }

  protected override follow(): readonly (() => void)[] {
    return [];
  }

  protected override render(): void {
    const isNone = this.layout === "none";
    if (isNone === this.#grid.isConnected) {
      const picture = this.#grid.firstElementChild;
      if (isNone) this.root.replaceChildren(this.#slot);
      else {
        picture?.append(this.#slot);
        this.root.replaceChildren(this.#grid);
      }
    }
    if (this.reactions.trim() === "") this.#reactions.remove();
    else if (!this.#reactions.isConnected) this.#bar.prepend(this.#reactions);
    this.#showPicture();
  }

  /** Without a picture there is no place for one. */
  #showPicture(): void {
    this.#grid.classList.toggle("pictured", this.#slot.assignedElements().length > 0);
  }
}

/** An element of ours, which becomes one when its class is defined. */
function make(name: string, attributes: Readonly<Record<string, string>>): HTMLElement {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
