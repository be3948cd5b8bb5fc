/** The polls of a video as its viewers see them: the value `polls` of its state. */
import { OvationError } from "../../shared/protocol/errors.ts";
import {
  POLLS_LIMIT,
  parseShownPolls,
  type ShownPoll,
  type ShownPolls,
} from "../../shared/protocol/votes/poll.ts";
import { decodeTrustedMsgpack, encodeMsgpack } from "../../shared/protocol/wire/codec.ts";
import { type StateValues, statePut } from "../state/state-change.ts";
import type { VideoStates } from "../state/video-states.ts";

const NAME = "polls";
/** Ticks of a second are not all of the same length. */
const EARLY_SHARE = 0.8;

function pollsOf(values: StateValues): ShownPolls {
  const bytes = values.get(NAME)?.bytes;
  if (bytes === undefined) return {};
  const event = decodeTrustedMsgpack(bytes);
  if (typeof event !== "object" || event === null || !("data" in event)) return {};
  return parseShownPolls(event.data);
}

export class PollsState {
  readonly #states: Pick<VideoStates, "edit" | "newEvent">;

  constructor(states: Pick<VideoStates, "edit" | "newEvent">) {
    this.#states = states;
  }

  /**
   * @throws OvationError polls_exceeded when a new poll of this name would have no room; and those
   * of the state
   */
  async requireRoom(video: string, name: string): Promise<void> {
    await this.#states.edit(video, (values) => {
      makeRoom(pollsOf(values), name);
      return [];
    });
  }

  /**
   * Shows polls, unless something newer of each is shown. The oldest that has ended makes room.
   * @param intervalMs open polls that were shown by another dispatcher a shorter time ago, of which
   * only the votes are new, can wait
   * @returns false when they wait
   * @throws OvationError polls_exceeded, and those of the state
   */
  async show(
    video: string,
    shown: ReadonlyMap<string, ShownPoll>,
    intervalMs = 0,
  ): Promise<boolean> {
    let isDone = true;
    await this.#change(video, (polls, shownAt, now) => {
      isDone = true;
      const news = [...shown].filter(([name, { seq }]) => (polls[name]?.seq ?? 0) < seq);
      const isEarly = now - shownAt < EARLY_SHARE * intervalMs;
      if (isEarly && news.every(([name, poll]) => isOnlyTally(polls[name], poll))) {
        isDone = news.length === 0;
        return undefined;
      }
      let changed = polls;
      for (const [name, poll] of news) changed = { ...makeRoom(changed, name), [name]: poll };
      return news.length === 0 ? undefined : changed;
    });
    return isDone;
  }

  /** Shows the end of a poll that is shown as open. */
  async end(video: string, name: string, votes: readonly number[], seq: number): Promise<void> {
    await this.#change(video, (polls) => {
      const shown = polls[name];
      if (shown === undefined || shown.seq >= seq) return undefined;
      const total = votes.reduce((sum, count) => sum + count, 0);
      return { ...polls, [name]: { ...shown, closed: true, votes: [...votes], total, seq } };
    });
  }

  async #change(
    video: string,
    change: (polls: ShownPolls, shownAt: number, now: number) => ShownPolls | undefined,
  ): Promise<void> {
    await this.#states.edit(video, (values) => {
      const event = this.#states.newEvent();
      const data = change(pollsOf(values), values.get(NAME)?.at ?? 0, event.at);
      return data === undefined ? [] : [statePut(NAME, { ...event, data })];
    });
  }
}

/** Whether a poll stands for another's by its votes alone. */
function isOnlyTally(before: ShownPoll | undefined, poll: ShownPoll): boolean {
  if (before === undefined || poll.closed) return false;
  const { total, votes, seq } = poll;
  const expected = encodeMsgpack({
    ...before,
    total,
    ...(votes === undefined ? {} : { votes }),
    seq,
  });
  return expected.equals(encodeMsgpack(poll));
}

/** The polls that stay when one of this name is shown. @throws OvationError polls_exceeded */
function makeRoom(polls: ShownPolls, name: string): ShownPolls {
  const names = Object.keys(polls);
  if (Object.hasOwn(polls, name) || names.length < POLLS_LIMIT) return polls;
  const ended = names
    .filter((one) => polls[one]?.closed === true)
    .sort((one, other) => (polls[one]?.closesAt ?? 0) - (polls[other]?.closesAt ?? 0));
  const [oldest] = ended;
  if (oldest === undefined) {
    const text = `poll: the video has ${POLLS_LIMIT} polls that have not ended`;
    throw new OvationError("polls_exceeded", text, { field: "poll", limit: POLLS_LIMIT });
  }
  return Object.fromEntries(Object.entries(polls).filter(([one]) => one !== oldest));
}
