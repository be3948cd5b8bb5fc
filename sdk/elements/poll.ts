/** `<ovation-poll>`: a question, its choices with their tally, and this viewer's vote. */
import type { LivePoll, OvationError, Poll, Video } from "../index.ts";
import { button, h, icon, oncePerFrame, setText } from "./dom.ts";
import { OvationElement, reflect } from "./element.ts";
import type { PollView } from "./poll-view.ts";
import { sheetOf } from "./theme.ts";

/** Matches `:state(empty)`, so that a layout leaves no gap for it. */
const EMPTY = "empty";

/** The newest poll of the video's state. */
function newest(state: unknown): string | undefined {
  const polls = Object.entries((state ?? {}) as Readonly<Record<string, Poll>>);
  return polls.sort(([, a], [, b]) => b.createdAt - a.createdAt)[0]?.[0];
}

/**
 * The poll of this name, or the newest one of the video. Without one, nothing is shown. A vote needs
 * an actor: a token with `sub`.
 *
 * @example
 * <ovation-poll url="https://live.example.com" video="launch" token-url="/my/token"></ovation-poll>
 */
export class OvationPoll extends OvationElement {
  static override readonly observedAttributes = [
    ...OvationElement.observedAttributes,
    ...reflect(OvationPoll, ["poll"]),
  ];
  static readonly parts: readonly string[] = "poll question choice bar votes foot fault".split(" ");
  /** The poll's name; the newest one if empty. */
  declare poll: string;
  readonly #states = this.attachInternals().states;
  readonly #show = oncePerFrame(() => this.render());
  #view: PollView | undefined;
  #live: LivePoll | undefined;
  #name: string | undefined;
  #off: (() => void) | undefined;

  constructor() {
    super("");
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
    return [find, () => this.#select(video, undefined)];
  }

  protected override render(): void {
    const poll = this.#live?.current;
    if (poll === undefined) this.#states.add(EMPTY);
    else this.#states.delete(EMPTY);
    if (poll !== undefined && this.#view === undefined) void this.#load();
    else this.#view?.show(poll);
  }

  /** After a failure, the next change tries again. */
  async #load(): Promise<void> {
    const chunk = await import("./poll-view.ts").catch(() => undefined);
    if (chunk === undefined) return;
    const element = this;
    this.#view ??= new chunk.PollView(
      this.root,
      {
        get language() {
          return element.language;
        },
        text: (name, words) => this.text(name, words),
        vote: (at) => this.#vote(at),
      },
      { h, button, icon, setText, sheetOf },
    );
    this.#view.show(this.#live?.current);
  }

  #select(video: Video, name: string | undefined): void {
    if (name === this.#name) return;
    this.#off?.();
    this.#name = name;
    this.#live = name === undefined ? undefined : video.poll(name);
    this.#off = this.#live?.onChange(this.#show);
    this.#show();
  }

  async #vote(at: number): Promise<string> {
    try {
      const sent = await this.#live?.vote(at);
      if (sent !== undefined) this.tell("ovation-sent", { kind: "vote", eventId: sent.eventId });
      return "";
    } catch (error) {
      return this.fault(error as OvationError);
    }
  }
}
