/** `<ovation-poll>`: a question, its choices with their tally, and this viewer's vote. */
import type { LivePoll, OvationError, Poll, Video } from "../index.ts";
import { button, h, icon, oncePerFrame, setText } from "./dom.ts";
import { OvationElement, reflect } from "./element.ts";

const CHECK = "M5 12.5l4.5 4.5L19 7.5";
const CLOCK_MS = 1_000;
/** Matches `:state(empty)`, so that a layout leaves no gap for it. */
const EMPTY = "empty";

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

interface Choice {
  readonly button: HTMLButtonElement;
  readonly bar: HTMLElement;
  readonly name: HTMLElement;
  readonly tally: HTMLElement;
}

/** The newest poll of the video's state. */
function newest(state: unknown): string | undefined {
  const polls = Object.entries((state ?? {}) as Readonly<Record<string, Poll>>);
  return polls.sort(([, a], [, b]) => b.createdAt - a.createdAt)[0]?.[0];
}

/** Such as 2:05, or 1:02:05. */
function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (parts[0] === 0) parts.shift();
  return parts.map((part, at) => (at === 0 ? part : String(part).padStart(2, "0"))).join(":");
}

/**
 * The poll of this name, or the newest one of the video. Without one, nothing is shown. A vote needs
 * an actor: a token with `sub`.
 *
 * @example
 * <ovation-poll url="https://live.example.com" video="launch" token-url="/my/token"></ovation-poll>
 */
export class OvationPoll extends OvationElement {
  static override readonly observedAttributes = [...OvationElement.observedAttributes, "poll"];
  static readonly parts: readonly string[] = "poll question choice bar votes foot fault".split(" ");
  static {
    reflect(OvationPoll, ["poll"]);
  }
  /** The poll's name; the newest one if empty. */
  declare poll: string;
  readonly #question = h("p", { class: "question", part: "question", id: "question", dir: "auto" });
  readonly #choices = h("div", { class: "choices", role: "group", "aria-labelledby": "question" });
  readonly #votes = h("span", { class: "number" });
  readonly #left = h("span", { class: "number" });
  readonly #result = h("p", { class: "quiet", role: "status" });
  readonly #fault = h("p", { class: "fault", part: "fault", role: "alert" });
  readonly #section = h(
    "section",
    { class: "card", part: "poll", "aria-labelledby": "question", hidden: true },
    this.#question,
    this.#choices,
    h("p", { class: "foot", part: "foot" }, this.#votes, this.#left),
    this.#result,
    this.#fault,
  );
  readonly #states = this.attachInternals().states;
  readonly #show = oncePerFrame(() => this.render());
  #buttons: readonly Choice[] = [];
  /** The choices that the buttons are of. */
  #shown = "";
  #live: LivePoll | undefined;
  #name: string | undefined;
  #off: (() => void) | undefined;

  constructor() {
    super(CSS);
    this.root.append(this.#section);
  }

  protected override get followedBy(): readonly unknown[] {
    return [this.poll];
  }

  protected override follow(video: Video): readonly (() => void)[] {
    const { poll } = this;
    const find =
      poll === ""
        ? video.state("polls").onChange((state) => this.#select(video, newest(state)))
        : () => undefined;
    if (poll !== "") this.#select(video, poll);
    const timer = setInterval(() => this.#showTime(), CLOCK_MS);
    return [find, () => clearInterval(timer), () => this.#select(video, undefined)];
  }

  protected override render(): void {
    const poll = this.#live?.current;
    this.#section.hidden = poll === undefined;
    if (poll === undefined) {
      this.#states.add(EMPTY);
      return;
    }
    this.#states.delete(EMPTY);
    setText(this.#question, poll.question);
    const shown = JSON.stringify([this.#name, poll.createdAt, poll.choices]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      setText(this.#fault, "");
      this.#buttons = poll.choices.map((name, at) => this.#choice(name, at));
      this.#choices.replaceChildren(...this.#buttons.map((choice) => choice.button));
    }
    const votes = poll.votes ?? [];
    const most = Math.max(...votes, 1);
    for (const [at, choice] of this.#buttons.entries()) {
      const count = votes[at];
      const share = count === undefined || poll.total === 0 ? 0 : count / poll.total;
      choice.button.ariaPressed = String(poll.own === at);
      choice.button.ariaDisabled = String(poll.closed);
      choice.button.style.fontWeight = poll.closed && count === most ? "800" : "";
      choice.bar.style.setProperty("--share", String(share));
      choice.name.querySelector("svg")?.toggleAttribute("hidden", poll.own !== at);
      setText(choice.tally, count === undefined ? "" : this.#percent(share));
    }
    setText(this.#votes, this.text("votes", { n: poll.total }));
    const winners = poll.choices.filter((_, at) => votes[at] === most);
    setText(this.#result, poll.closed ? `${this.text("ended")}: ${winners.join(", ")}` : "");
    this.#showTime();
  }

  #percent(share: number): string {
    return new Intl.NumberFormat(this.language, { style: "percent" }).format(share);
  }

  /** By this machine's clock, which may differ from the dispatchers'. */
  #showTime(): void {
    const poll = this.#live?.current;
    if (poll === undefined) return;
    const seconds = Math.max(0, Math.ceil((poll.closesAt - Date.now()) / 1_000));
    const time = clock(seconds);
    setText(this.#left, poll.closed ? this.text("ended") : this.text("left", { time }));
  }

  #select(video: Video, name: string | undefined): void {
    if (name === this.#name) return;
    this.#off?.();
    this.#name = name;
    this.#live = name === undefined ? undefined : video.poll(name);
    this.#off = this.#live?.onChange(this.#show);
    this.#show();
  }

  #choice(name: string, at: number): Choice {
    const bar = h("span", { class: "bar", part: "bar", "aria-hidden": "true" });
    const mark = icon(CHECK);
    mark.classList.add("own");
    const label = h("span", { class: "name", dir: "auto" }, name, mark);
    const tally = h("span", { class: "tally number", part: "votes" });
    const vote = button({ part: "choice" }, () => void this.#vote(at), bar, label, tally);
    return { button: vote, bar, name: label, tally };
  }

  async #vote(at: number): Promise<void> {
    if (this.#live?.current?.closed !== false) return;
    try {
      const { eventId } = await this.#live.vote(at);
      setText(this.#fault, "");
      this.tell("ovation-sent", { kind: "vote", eventId });
    } catch (error) {
      setText(this.#fault, this.fault(error as OvationError));
    }
  }
}
