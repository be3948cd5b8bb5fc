/**
 * Keeps a poll open on the video while a page is open, one round after the other, as the backend of an
 * application would: over the gateways' HTTP API. All that it knows is what the video's state says, so
 * a poll from before a restart, or one that somebody opened by hand, has its time too.
 */
import { z } from "zod";
import type { OpenPoll } from "../audience/messages.ts";
import { questionAfter } from "./questions.ts";

const ROUND_MS = 180_000;
/** How long a result is shown before the next round. */
const RESULT_MS = 20_000;
/** How often it looks what is open. */
const LOOK_EVERY_MS = 3_000;
const ANSWER_MS = 5_000;

const pollSchema = z.object({
  question: z.string(),
  choices: z.array(z.string()),
  createdAt: z.number(),
  closesAt: z.number(),
  closed: z.boolean(),
});
type Poll = z.output<typeof pollSchema>;

const videoSchema = z.object({
  // Absent while the state can't be read: then nothing is known about polls.
  state: z.object({ polls: z.record(z.string(), pollSchema).default({}) }),
});

interface PollRoundsOptions {
  /** URL of a gateway. */
  readonly url: string;
  readonly video: string;
  /** A moderator's; undefined where the gateways require none. */
  readonly token: string | undefined;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Called with the open poll, and with undefined while there is none. */
  readonly onPoll: (poll: OpenPoll | undefined) => void;
}

export class PollRounds {
  readonly #options: PollRoundsOptions;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(options: PollRoundsOptions) {
    this.#options = options;
  }

  /** Opens polls from now on, if none is open; or no more. */
  play(isWatched: boolean): void {
    clearInterval(this.#timer);
    if (!isWatched) return;
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    void this.look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Looks once what is open, and opens a poll if it is time. A failure is left to the next look. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      this.#options.onPoll(await this.#openPoll());
    } catch {
      // The gateway has just gone, or the store can't be reached.
    } finally {
      this.#isLooking = false;
    }
  }

  /** The open poll, which may be a new one. */
  async #openPoll(): Promise<OpenPoll | undefined> {
    const now = this.#options.wallClock();
    const { state } = videoSchema.parse(await this.#request("GET", ""));
    const [newest] = Object.entries(state.polls).toSorted(
      ([, one], [, other]) => other.createdAt - one.createdAt,
    );
    if (newest === undefined) return await this.#open(undefined, now);
    const [name, poll] = newest;
    const isOpen = !poll.closed && poll.closesAt > now;
    if (isOpen) return { name, choices: poll.choices.length };
    return poll.closesAt + RESULT_MS > now ? undefined : await this.#open(poll, now);
  }

  async #open(before: Poll | undefined, now: number): Promise<OpenPoll> {
    const next = questionAfter(before?.question);
    // A poll that has ended can't be opened again: each round has a name of its own.
    const name = `round-${now.toString(36)}`;
    const poll = { ...next, closesAt: now + ROUND_MS, changeable: true };
    await this.#request("PUT", `/polls/${name}`, poll);
    return { name, choices: next.choices.length };
  }

  /** @throws when it is not answered, or with an error */
  async #request(method: string, path: string, body?: object): Promise<unknown> {
    const { url, video, token } = this.#options;
    const answer = await fetch(`${url}/v1/videos/${video}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return await answer.json();
  }
}
