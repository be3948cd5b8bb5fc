/** The line to write a comment in: what may be written, when, and under which name. */
import { button, h, icon, setText } from "./dom.ts";
import type { MessageName } from "./english.ts";
import type { Words } from "./messages.ts";

const SEND = "M4 12h15M13 6l6 6-6 6";
const GEAR = "M4 7h10M18 7h2M4 17h4M12 17h8M16 5v4M10 15v4";
/** The longest text, where the room has no rule. */
const TEXT_LENGTH = 500;
const NAME_KEY = "ovation-name";

export const COMPOSE_CSS = `
.foot { padding: 10px 12px; border-block-start: 1px solid var(--_line); }
.closed { color: var(--_muted); text-align: center; }
form { display: flex; align-items: center; gap: 6px; }
.field { display: flex; flex: 1; align-items: center; min-inline-size: 0; block-size: 44px; padding-inline: 16px 4px; border: 1px solid color-mix(in oklab, var(--_line), var(--_text) 22%); border-radius: 22px; background: var(--_raised); }
.field:focus-within { outline: 2px solid var(--_accent); outline-offset: -1px; }
input { min-inline-size: 0; padding: 0; border: 0; background: none; font-size: max(16px, 1em); outline: none; }
input::placeholder { color: var(--_muted); opacity: 1; }
.who { flex: none; max-inline-size: 34%; margin-inline-end: 12px; padding-inline-end: 12px; border-inline-end: 1px solid var(--_line); }
.who input { max-inline-size: 100%; color: var(--_muted); font-weight: 600; field-sizing: content; }
.what { flex: 1; min-inline-size: 0; }
.what input { inline-size: 100%; }
.send { display: grid; place-items: center; flex: none; min-inline-size: 36px; block-size: 36px; padding: 0 8px; border: 0; border-radius: 18px; background: var(--_accent); color: var(--_on-accent); font-weight: 650; }
.send:disabled { background: var(--_line); color: var(--_text); }
.room { flex: none; padding: 8px; border: 0; border-radius: 50%; background: none; color: var(--_muted); }
.room:hover { background: var(--_raised); color: var(--_text); }
`;

/** How the line looks at present. */
interface ComposeView {
  /** Why nothing may be written; empty if something may. */
  readonly closed: string;
  /** Whether the viewer is asked for a name. */
  readonly asksName: boolean;
  /** Whether the viewer may change the room. */
  readonly hasRoom: boolean;
  readonly maxLength: number | undefined;
  /** Seconds until something may be sent. */
  readonly waitSeconds: number;
}

interface ComposeHost {
  text(name: MessageName, words?: Words): string;
  /** @returns whether it was accepted */
  send(text: string, name: string): Promise<boolean>;
  openRoom(opener: HTMLElement): void;
}

/** The name of the last visit. */
function knownName(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? "";
  } catch {
    return "";
  }
}

export class Compose {
  readonly element: HTMLElement;
  readonly #host: ComposeHost;
  readonly #closed = h("p", { class: "closed", part: "closed" });
  readonly #text = h("input", {
    part: "input",
    autocomplete: "off",
    enterkeyhint: "send",
    dir: "auto",
  });
  readonly #name = h("input", {
    part: "name-input",
    autocomplete: "nickname",
    dir: "auto",
  });
  readonly #who = h("span", { class: "who", hidden: true }, this.#name);
  readonly #send = h("button", { class: "send", part: "send", type: "submit" });
  readonly #arrow = icon(SEND);
  readonly #room = button(
    { class: "room", part: "room", hidden: true, "aria-haspopup": "menu" },
    () => this.#host.openRoom(this.#room),
    icon(GEAR),
  );
  readonly #form: HTMLFormElement;
  #isWaiting = false;

  constructor(host: ComposeHost) {
    this.#host = host;
    this.#name.value = knownName();
    const field = h(
      "span",
      { class: "field", part: "field" },
      this.#who,
      h("span", { class: "what" }, this.#text),
      this.#send,
    );
    this.#form = h("form", { part: "form" }, this.#room, field);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
    this.#name.addEventListener("change", () => {
      try {
        localStorage.setItem(NAME_KEY, this.name);
      } catch {
        // The name lasts as long as the page.
      }
    });
    this.element = h("div", { class: "foot", part: "compose" }, this.#closed, this.#form);
  }

  get name(): string {
    return this.#name.value.trim();
  }

  render(view: ComposeView): void {
    const { closed, asksName, hasRoom, maxLength = TEXT_LENGTH, waitSeconds } = view;
    const { text } = this.#host;
    const wait = waitSeconds > 0 ? text("wait", { n: waitSeconds }) : undefined;
    setText(this.#closed, closed);
    // A moderator may open the room again.
    this.#form.hidden = closed !== "" && !hasRoom;
    this.#room.hidden = !hasRoom;
    this.#room.ariaLabel = text("room");
    this.#who.hidden = !asksName;
    this.#name.ariaLabel = text("name");
    this.#name.placeholder = text("guest");
    this.#text.ariaLabel = text("comment");
    this.#text.placeholder = wait ?? text("placeholder");
    this.#text.maxLength = maxLength;
    this.#isWaiting = wait !== undefined;
    this.#send.disabled = this.#isWaiting;
    this.#send.ariaLabel = wait ?? text("send");
    if (this.#isWaiting) setText(this.#send, String(waitSeconds));
    else if (this.#arrow.parentNode === null) this.#send.replaceChildren(this.#arrow);
  }

  async #submit(): Promise<void> {
    const text = this.#text.value.trim();
    if (text === "" || this.#isWaiting) return;
    this.#text.value = "";
    const isSent = await this.#host.send(text, this.name);
    // What was refused can be mended, unless something else is written already.
    if (!isSent && this.#text.value === "") this.#text.value = text;
  }
}
