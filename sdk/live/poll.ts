/** A poll of a video, followed while it has a listener. */
import type { LiveValue } from "../live-value.ts";
import type { FollowedHost } from "./host.ts";
import { type Poll, ShownPoll } from "./shown-poll.ts";
import { Source } from "./source.ts";

const POLLS = "polls";
const VOTE = "vote";

/** A poll of this name in a value of the state; the state is Ovation's own. */
function pollIn(data: unknown, name: string): Poll | undefined {
  const polls = Object(data) as Readonly<Record<string, Poll>>;
  return Object.hasOwn(polls, name) ? polls[name] : undefined;
}

export class VideoPoll extends Source<Poll | undefined> implements LiveValue<Poll | undefined> {
  readonly #host: FollowedHost;
  readonly #video: string;
  readonly #name: string;
  /** Kept while nobody listens: it knows how this client voted. */
  readonly #shown = new ShownPoll();

  constructor(host: FollowedHost, video: string, name: string) {
    super(undefined);
    this.#host = host;
    this.#video = video;
    this.#name = name;
  }

  protected override follow(): readonly (() => void)[] {
    const shown = this.#shown;
    const change = (run: () => void) => {
      run();
      this.set(shown.current);
    };
    return [
      this.#host.watch(this.#video, {
        history: 0,
        kind: POLLS,
        onEvent: ({ kind, data }) => {
          if (kind === POLLS) change(() => shown.setTally(pollIn(data, this.#name)));
        },
      }),
      this.#host.onPublish(({ video, kind, data, eventId, published }) => {
        const { poll, choice } = Object(data) as { readonly poll?: unknown; choice?: unknown };
        if (video !== this.#video || kind !== VOTE || poll !== this.#name) return;
        change(() => shown.vote(eventId, Number(choice)));
        published.then(
          () => change(() => shown.accept(eventId)),
          () => change(() => shown.refuse(eventId)),
        );
      }),
    ];
  }
}
