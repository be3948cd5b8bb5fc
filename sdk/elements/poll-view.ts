/**
 * A poll as it is shown: a question, its choices with their tally, and this viewer's vote. The code is
 * loaded when the video has a poll; it is handed what the elements have already.
 */
import type { Poll } from "../index.ts";
import type { button, h, icon, setText } from "./dom.ts";
import type { MessageName } from "./english.ts";
import type { Words } from "./messages.ts";
import type { sheetOf } from "./theme.ts";

const CHECK = "M5 12.5l4.5 4.5L19 7.5";
const CLOCK_MS = 1_000;

const CSS = `
section { display: grid; gap: 8px; padding: 14px; }
.question { font-weight: 700; line-height: 1.25; overflow-wrap: anywhere; }
.choices { display: grid; gap: 6px; }
button { position: relative; display: flex; justify-content: space-between; align-items: center; gap: 12px; inline-size: 100%; min-block-size: 42px; padding: 4px 12px; overflow: hidden; border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 0.65); background: var(--_raised); font-weight: 600; text-align: start; }
button:hover { border-color: var(--_muted); }
button[aria-pressed="true"] { border-color: var(--_accent); box-shadow: inset 0 0 0 1px var(--_accent); }
button[aria-disabled="true"] { cursor: default; }
.bar { position: absolute; inset-block: 0; inset-inline-start: 0; inline-size: calc(var(--share) * 100%); background: color-mix(in oklab, var(--_accent) 20%, transparent); }
.name, .tally { position: relative; }
.name { min-inline-size: 0; overflow-wrap: anywhere; }
.own { display: inline-block; inline-size: 1em; block-size: 1em; margin-inline-start: 0.4em; stroke-width: 3; vertical-align: -0.1em; }
.tally { flex: none; font-size: 0.87em; }
.foot { display: flex; justify-content: space-between; gap: 12px; color: var(--_muted); font-size: 0.87em; }
@media (prefers-reduced-motion: no-preference) { .bar { transition: inline-size 0.3s; } }
`;

interface Tools {
  readonly h: typeof h;
  readonly button: typeof button;
  readonly icon: typeof icon;
  readonly setText: typeof setText;
  readonly sheetOf: typeof sheetOf;
}

/** What a view needs from its element. */
interface PollHost {
  readonly language: string;
  text(name: MessageName, words?: Words): string;
  /** @returns why it was refused; empty if it was accepted */
  vote(choice: number): Promise<string>;
}

interface Choice {
  readonly button: HTMLButtonElement;
  readonly bar: HTMLElement;
  readonly mark: Element;
  readonly tally: HTMLElement;
}

/** Such as 2:05, or 1:02:05. */
function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, at) => (at === 0 ? part : String(part).padStart(2, "0"))).join(":");
}

export class PollView {
  readonly #host: PollHost;
  readonly #tools: Tools;
  readonly #section: HTMLElement;
  readonly #question: HTMLElement;
  readonly #choices: HTMLElement;
  readonly #votes: HTMLElement;
  readonly #left: HTMLElement;
  readonly #result: HTMLElement;
  readonly #fault: HTMLElement;
  #buttons: readonly Choice[] = [];
  /** The poll that the buttons are of. */
  #shown = "";
  #poll: Poll | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** @param root where it is shown */
  constructor(root: ShadowRoot, host: PollHost, tools: Tools) {
    this.#host = host;
    this.#tools = tools;
    const { h: make, sheetOf: sheet } = tools;
    this.#question = make("p", {
      class: "question",
      part: "question",
      id: "question",
      dir: "auto",
    });
    this.#choices = make("div", { class: "choices", role: "group", "aria-labelledby": "question" });
    this.#votes = make("span", { class: "number" });
    this.#left = make("span", { class: "number" });
    this.#result = make("p", { class: "quiet", role: "status" });
    this.#fault = make("p", { class: "fault", part: "fault", role: "alert" });
    this.#section = make(
      "section",
      { class: "card", part: "poll", "aria-labelledby": "question", hidden: true },
      this.#question,
      this.#choices,
      make("p", { class: "foot", part: "foot" }, this.#votes, this.#left),
      this.#result,
      this.#fault,
    );
    root.adoptedStyleSheets.push(sheet(CSS));
    root.append(this.#section);
  }

  /** @param poll undefined: there is none */
  show(poll: Poll | undefined): void {
    const { text, language } = this.#host;
    const { setText: set } = this.#tools;
    this.#poll = poll;
    this.#section.hidden = poll === undefined;
    clearInterval(this.#timer);
    if (poll === undefined) return;
    set(this.#question, poll.question);
    const shown = JSON.stringify([poll.createdAt, poll.choices]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      set(this.#fault, "");
      this.#buttons = poll.choices.map((name, at) => this.#choice(name, at));
      this.#choices.replaceChildren(...this.#buttons.map((choice) => choice.button));
    }
    const { votes = [], own, closed, total } = poll;
    const percent = new Intl.NumberFormat(language, { style: "percent" });
    const most = Math.max(...votes, 1);
    for (const [at, { button: vote, bar, mark, tally }] of this.#buttons.entries()) {
      const count = votes[at];
      const share = count === undefined || total === 0 ? 0 : count / total;
      vote.ariaPressed = String(own === at);
      vote.ariaDisabled = String(closed);
      vote.style.fontWeight = closed && count === most ? "800" : "";
      bar.style.setProperty("--share", String(share));
      mark.toggleAttribute("hidden", own !== at);
      set(tally, count === undefined ? "" : percent.format(share));
    }
    set(this.#votes, text("votes", { n: total }));
    const winners = poll.choices.filter((_, at) => votes[at] === most);
    set(this.#result, closed ? `${text("poll_closed")}: ${winners.join(", ")}` : "");
    this.#showTime(poll);
    if (!closed) this.#timer = setInterval(() => this.#showTime(poll), CLOCK_MS);
  }

  /** By this machine's clock, which may differ from the dispatchers'. */
  #showTime({ closesAt, closed }: Poll): void {
    const { text } = this.#host;
    const time = clock(Math.max(0, Math.ceil((closesAt - Date.now()) / 1_000)));
    this.#tools.setText(this.#left, closed ? text("poll_closed") : text("left", { time }));
  }

  #choice(name: string, at: number): Choice {
    const { h: make, button: press, icon: draw } = this.#tools;
    const bar = make("span", { class: "bar", part: "bar", "aria-hidden": "true" });
    const mark = draw(CHECK);
    mark.classList.add("own");
    const label = make("span", { class: "name", dir: "auto" }, name, mark);
    const tally = make("span", { class: "tally number", part: "votes" });
    const vote = press({ part: "choice" }, () => void this.#vote(at), bar, label, tally);
    return { button: vote, bar, mark, tally };
  }

  async #vote(at: number): Promise<void> {
    if (this.#poll?.closed !== false) return;
    this.#tools.setText(this.#fault, await this.#host.vote(at));
  }
}
